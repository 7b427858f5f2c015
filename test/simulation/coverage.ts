/** Judges coverage entries the moment they land, and after calm whether each day that was due has one: I11. */
import type { Occurrence } from "../../lambda/archive/invariants.ts";
import { parseCoverageKey } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, entryHash, parseEntry } from "../../lambda/coverage/entry.ts";
import { DAY_MS, instantToMs, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import { dayPrefix } from "../../lambda/segment/key.ts";
import { type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";

export interface CoverageAuditor {
  /** Days that were looked at to their end. */
  readonly complete: ReadonlySet<string>;
  landed(key: string, bytes: Buffer): void;
  moved(state: CheckpointState): void;
  /** Somebody has put an earlier checkpoint back: what was scheduled since then is forgotten. */
  restored(state: CheckpointState): void;
  /** Somebody has deleted the checkpoint: nothing is scheduled until a rescan knows again that events were shown. */
  deleted(): void;
  /** After everything that was due was rescanned. `wasShown`: the last rescan knew as it began that events were shown. */
  checkCovered(wasShown: boolean): void;
}

/** Clocks differ by half a minute, and the source's is told in whole seconds. */
const MARGIN_MS = 2 * 60_000;
/** What is older, the source may have been forgetting while it was looked at. */
const SURELY_KEPT_MS = 89 * DAY_MS;

type Needed = Pick<Stage, "stream" | "looks" | "saved"> & {
  readonly ids: ReadonlyMap<string, Occurrence>;
  /** Lines, as `<key> <line>`, of ids that another line has too. */
  readonly uncompared: ReadonlySet<string>;
  readonly now: () => number;
};

export function createCoverageAuditor({ stream, looks, saved, ids, uncompared, now }: Needed): CoverageAuditor {
  const last = new Map<string, { readonly entry: CoverageEntry; readonly hash: string }>();
  const complete = new Set<string>();
  /** Days that the checkpoint scheduled, and what they were at each of its states. */
  let begun: ReadonlySet<string> = new Set();
  const begunAt = new Map<CheckpointState, ReadonlySet<string>>();
  let isDeleted = false;

  return {
    complete,
    landed: (key, bytes) => {
      const entry = parseEntry(bytes);
      const place = parseCoverageKey(key);
      if (place === null || place.day !== entry.day || place.number !== entry.number)
        broken(key, "is in the wrong place");
      const before = last.get(entry.day);
      const number = before?.entry.number ?? 0;
      if (entry.number !== number + 1) broken(key, `follows number ${number}`);
      if (before !== undefined && entry.complete && isSame(before.entry, entry))
        broken(key, "says what the entry before it says");
      if (entry.prev !== (before?.hash ?? null)) broken(key, "does not name the entry before");
      last.set(entry.day, { entry, hash: entryHash(bytes) });
      if (!entry.complete) return;
      judgeComplete(key, entry);
      complete.add(entry.day);
    },
    moved: (state) => {
      begun = new Set([...begun, ...state.surveys.map(({ day }) => day)]);
      begunAt.set(state, begun);
      if (isScheduled(state)) isDeleted = false;
    },
    restored: (state) => {
      begun = begunAt.get(state)!;
      isDeleted = !isScheduled(state);
    },
    deleted: () => {
      isDeleted = true;
    },
    checkCovered: (wasShown) => {
      if (isDeleted && wasShown)
        broken(WORKSPACE, "has lost its checkpoint, and a rescan put nothing on the list again");
      if (isDeleted) return;
      const spans = saved.get(WORKSPACE)?.state.spans ?? [];
      for (const day of begun) {
        if (complete.has(day) || Date.parse(day) < now() - SURELY_KEPT_MS) continue;
        const [from, until] = [startOfDay(day), startOfDay(shiftDay(day, 1))];
        const isListed = spans.some((span) => (span.from ?? "") < until && from < span.until);
        if (!isListed)
          broken(day, "was scheduled, nothing of it is left to read, and no entry says that it was looked at");
      }
    },
  };

  /** What the source showed while the day was looked at is archived, and counted. */
  function judgeComplete(key: string, { day, began, purpose, seen, gone }: CoverageEntry): void {
    const beganMs = Math.min(instantToMs(began), now());
    const looker = purpose === "asked" ? "other" : "rescan";
    const owed = new Set<string>(); // an id that came with two contents is one event
    for (const shown of stream.all) {
      if (shown.event.day !== day || shown.visibleMs > beganMs - MARGIN_MS) continue;
      if (!stream.isKept(shown, now() + DAY_MS) || looks.excuses(shown, looker, beganMs - MARGIN_MS)) continue;
      const { id } = shown.event;
      if (!ids.has(id)) broken(key, `claims the whole day, and ${id} was shown and is not archived`);
      if (isOf(day, id)) owed.add(id);
    }
    const doubles = [...uncompared].filter((line) => line.startsWith(dayPrefix(WORKSPACE, day))).length;
    const archived = [...ids.keys()].filter((id) => isOf(day, id)).length + doubles;
    if (seen + gone < owed.size) broken(key, `counts ${seen} seen and ${gone} gone; ${owed.size} were shown`);
    if (seen + gone > archived) broken(key, `counts ${seen} seen and ${gone} gone; ${archived} are archived`);
  }

  function isOf(day: string, id: string): boolean {
    return ids.get(id)?.key.startsWith(dayPrefix(WORKSPACE, day)) ?? false;
  }
}

/** Whether any rescan has put what is due on the list; all that the source still keeps is, then. */
const isScheduled = ({ scheduled }: CheckpointState): boolean => scheduled.recentUntil !== null;

const isSame = (a: CoverageEntry, b: CoverageEntry): boolean =>
  a.purpose === b.purpose && a.began === b.began && a.complete === b.complete;

function broken(where: string, what: string): never {
  throw new Violation("I11", `${where} ${what}`);
}
