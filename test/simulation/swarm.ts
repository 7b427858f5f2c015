/** Which faults a seed plays, and how often: drawn first, and printed when the seed fails. */
import type { Random } from "../../feed/random.ts";

/** Every kind of fault, with the highest rate worth playing: the chance for each occasion. */
export const FAULTS = {
  // The source, as the core sees it.
  "source: unavailable": 0.2,
  "source: invalid response": 0.1,
  "source: refused": 0.05,
  "source: not before": 0.1,
  "source: answers after minutes": 0.1,
  "source: never answers": 0.03,
  "source: offset expires early": 0.2,
  "source: offset invalid": 0.2,
  "source: short page": 0.5,
  "source: page in odd order": 0.3,
  "source: repeats on a page": 0.3,
  "source: page repeats the one before": 0.3,
  "source: offset stands still": 0.02,
  "source: no Date header": 0.1,
  "source: clock differs": 0.5,
  "source: large pages": 0.3,
  // The source answers 200 and does not show what it has, for seconds to hours; or fails at one place.
  "lie: blank page": 0.3,
  "lie: empty page keeps next_page": 0.3,
  "lie: events without next_page": 0.3,
  "lie: page lacks its end": 0.1,
  "lie: page lacks its middle": 0.1,
  "lie: page lacks its beginning": 0.1,
  "lie: a span of time is not shown": 0.3,
  "unreadable: a span, for hours": 0.1,
  "unreadable: a place, for ever": 0.02,
  // How much there is to be read.
  "history: a day larger than a run": 0.1,
  "history: an hour larger than a run": 0.1,
  "history: a burst of half a run": 0.2,
  "history: hardly any events": 0.3,
  // The source, on the wire; the client retries these.
  "http: 429 with Retry-After": 0.2,
  "http: 429 without Retry-After": 0.2,
  "http: 500": 0.2,
  "http: 502 as HTML": 0.1,
  "http: 503 with a far Retry-After": 0.05,
  "http: connection reset": 0.2,
  "http: body cut": 0.1,
  "http: HTML with 200": 0.1,
  "http: data missing": 0.1,
  "http: token renewed": 0.05,
  "http: 403 for a while": 0.02,
  "http: spaced JSON": 0.5,
  // What the events themselves are like.
  "event: late by minutes": 0.2,
  "event: late by hours": 0.1,
  "event: late by days": 0.05,
  "event: burst in one instant": 0.3,
  "event: dated ahead": 0.05,
  "event: dated a little ahead": 0.05,
  "event: unreadable time": 0.1,
  "event: before the log began": 0.05,
  "event: no gid": 0.1,
  "event: one gid, two contents": 0.1,
  "event: one gid, two times": 0.1,
  "event: finer than a millisecond": 0.3,
  "event: on the edge of an hour or a day": 0.3,
  // The archive.
  "archive: list fails": 0.1,
  "archive: list breaks off": 0.1,
  "archive: get fails": 0.1,
  "archive: create unknown, not stored": 0.2,
  "archive: create unknown, stored": 0.2,
  "archive: create exists, by our own retry": 0.2,
  "archive: create exists, and does not": 0.05,
  "archive: create lands later": 0.2,
  "archive: create denied": 0.02,
  "archive: down for hours": 0.1,
  // The checkpoint.
  "checkpoint: read fails": 0.1,
  "checkpoint: move fails, not stored": 0.2,
  "checkpoint: move fails, stored": 0.2,
  "checkpoint: move lands later": 0.1,
  "checkpoint: move conflicts with nobody": 0.1,
  "checkpoint: down for hours": 0.1,
  // The process, its clock, and its time.
  "process: crash before an effect": 0.02,
  "process: crash after an effect": 0.02,
  "process: frozen for hours": 0.01,
  "process: slow effect": 0.1,
  "process: time is up early": 0.3,
  "process: runs side by side": 0.5,
  "process: rescan beside a drain": 0.3,
  "clock: wrong by hours": 0.2,
  "clock: jumps in a run": 0.1,
  // Deploys and operators.
  "deploy: another writer version": 0.5,
  "deploy: other settings": 0.5,
  "operator: no runs for days": 0.05,
  "operator: no runs for up to 60 days": 0.02,
  "operator: checkpoint deleted": 0.1,
  "operator: checkpoint restored": 0.1,
  "operator: bucket emptied": 0.05,
  "operator: bucket swapped": 0.05,
  "operator: last segments lost": 0.05,
  "operator: segment of a later format": 0.03,
  "operator: stray object": 0.1,
  "operator: rescans a window": 0.1,
  "operator: an old segment is damaged": 0.1,
  "operator: lifecycle expires segments": 0.2,
} as const;

/** What only a sealer meets, beside what its store, process and clock do. */
const SEALER_FAULTS = {
  "sealer: runs side by side": 0.5,
  "sealer: another writer version": 0.5,
  "sealer: does not run": 0.5,
  "sealer: an old key": 0.3,
  "signer: unavailable": 0.2,
  "signer: answer lost": 0.2,
  "signer: refused": 0.2,
  "signer: gives no signature": 0.3,
  "signer: signs with another key": 0.2,
  "key: rotated": 0.2,
  "key: lost": 0.2,
} as const;

const HIGHEST = { ...FAULTS, ...SEALER_FAULTS } as const;

export type FaultKind = keyof typeof HIGHEST;
/** What may strike runs, in the order of the draws. */
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[];
/** What may strike sealers. */
export const SEALER_FAULT_KINDS: readonly FaultKind[] = [
  ...FAULT_KINDS.filter((kind) => /^(archive|clock): |^process: (crash|frozen|slow|time)/.test(kind)),
  ...(Object.keys(SEALER_FAULTS) as FaultKind[]),
];

export interface Swarm {
  readonly rates: Readonly<Partial<Record<FaultKind, number>>>;
  /** How often each kind was played. */
  readonly struck: Partial<Record<FaultKind, number>>;
  /** Draws whether the fault is played on this occasion. Draws nothing for a kind that is off, or in calm. */
  strikes(kind: FaultKind): boolean;
  isCalm: boolean;
}

/** A third of the kinds, so that some seeds meet a fault alone and others many at once. */
const SHARE_ON = 0.33;
/** Rates are drawn over two orders of magnitude up to the highest. */
const LEAST = 0.02;
/** Half of the seeds play one kind at its highest rate, whatever was drawn, because rare faults seldom meet each other. */
const SHARE_LOUD = 0.5;

export function drawSwarm(random: Random, kinds: readonly FaultKind[] = FAULT_KINDS): Swarm {
  const rates: Partial<Record<FaultKind, number>> = {};
  for (const kind of kinds) {
    if (random.chance(SHARE_ON)) rates[kind] = Number((HIGHEST[kind] * LEAST ** random.next()).toPrecision(2));
  }
  if (random.chance(SHARE_LOUD)) {
    const loud = random.pick(kinds);
    rates[loud] = HIGHEST[loud];
  }
  // Our clock stands in for a missing Date header; if it is wrong as well, nobody can tell what is ahead of time.
  if (rates["clock: wrong by hours"] || rates["clock: jumps in a run"]) delete rates["source: no Date header"];
  const swarm: Swarm = {
    rates,
    struck: {},
    isCalm: false,
    strikes: (kind) => {
      const rate = swarm.isCalm ? 0 : (rates[kind] ?? 0);
      if (!random.chance(rate)) return false;
      swarm.struck[kind] = (swarm.struck[kind] ?? 0) + 1;
      return true;
    },
  };
  return swarm;
}
