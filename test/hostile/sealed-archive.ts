/** A small sealed archive as the product makes it: two workspaces, drained, looked at again and sealed over days. */
import { createCompany } from "../../feed/company.ts";
import { createFeed } from "../../feed/feed.ts";
import { createRandom } from "../../feed/random.ts";
import { feedTransport } from "../../feed/transport.ts";
import { coverageKey, parseCoverageKey } from "../../lambda/coverage/coverage-key.ts";
import { appendEntry } from "../../lambda/coverage/coverage-log.ts";
import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import { dayOf, type Instant, msToInstant, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import { namedLooks } from "../../lambda/seal/due.ts";
import type { VerifierKey } from "../../lambda/seal/note.ts";
import { readSealFile, sealHash } from "../../lambda/seal/seal-file.ts";
import { parseSealKey, SEALS_PREFIX } from "../../lambda/seal/seal-key.ts";
import { changeSealingKey, type SealDeps, sealWorkspace } from "../../lambda/seal/sealer.ts";
import { stampsPrefix } from "../../lambda/seal/stamp-key.ts";
import { type StampDeps, stampNewest } from "../../lambda/seal/stamp-newest.ts";
import { dayPrefix } from "../../lambda/segment/key.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER, openSource, runDeps } from "../fakes/run.ts";
import { createFakeAuthority } from "../fakes/timestamp-answer.ts";
import { keyOfSigner } from "../seal/sample-chain.ts";
import { depsAt } from "../seal/sealed-archive.ts";
import { testSigner } from "../seal/signers.ts";
import { codec, type Objects, WORKSPACES } from "./real-archive.ts";

export interface SealedArchive {
  readonly objects: ReadonlyMap<string, Buffer>;
  /** As they were halfway, for whoever puts something old back. */
  readonly earlier: ReadonlyMap<string, Buffer>;
  /** The key of the first seals. */
  readonly key: VerifierKey;
  /** The newest seal of each workspace, by its gid. */
  readonly pins: ReadonlyMap<string, { readonly number: number; readonly sha256: string }>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Date.parse("2026-05-01T09:00:00Z");
/** Busy days, with quiet ones after them; a day that nobody looks at is sealed with its gap within these. */
const BUSY_DAYS = 4;
const DAYS = 12;
const OPEN_DAY = "2026-05-02";
/** How far back a look goes; the first one that is made late goes as far. */
const LOOK_BACK_MS = 3 * DAY_MS;

/**
 * Of all that it holds, seals tell: it ends with a sealer's run after which nothing came. Some seeds look at days only
 * after a week, some change the key, all have late events.
 */
export async function makeSealedArchive(seed: number): Promise<SealedArchive> {
  const objects: Objects = new Map();
  let earlier: Objects = new Map();
  const archive = createMemoryArchive(objects);
  const checkpoints = createMemoryCheckpoint();
  for (const workspace of WORKSPACES) {
    const random = createRandom("sealed archive", seed, workspace);
    const company = createCompany({
      seed: `${seed} ${workspace}`,
      people: 12,
      fromMs: FROM_MS,
      toMs: FROM_MS + BUSY_DAYS * DAY_MS,
      events: 60 + random.int(120),
      burstsPerDay: 0,
      lateRate: 0.05,
      lateMaxMs: 40 * HOUR_MS,
    });
    const feed = createFeed({ seed, limits: null, workspaces: [{ gid: workspace, company }] });
    const looksFrom = FROM_MS + (random.chance(0.3) ? 9.5 * DAY_MS : 0);
    // The look at this day never comes to its end, so that its seal keeps a gap.
    const openDay = random.chance(0.4) ? OPEN_DAY : null;
    // A stamp is named by the seal of a later day; the newest one by none yet, and nobody would miss it.
    const lastStampMs = FROM_MS + (DAYS - 3) * DAY_MS;
    let signer = testSigner();
    const used = new Set([signer.publicKey.toString("hex")]);
    const deps = (nowMs: number): SealDeps =>
      depsAt(objects, msToInstant(nowMs), { archive, codec, signer, alwaysLooksBack: true });
    const stamping = (nowMs: number): StampDeps => ({
      archive,
      authorities: [createFakeAuthority("authority", () => nowMs)],
      clock: createJumpingClock(nowMs),
      everyDays: 1,
      nonce: () => Buffer.alloc(8, 1 + random.int(100)),
      log: () => undefined,
    });
    let hasLooked = false;
    let runs = 0;
    let nowMs = FROM_MS + HOUR_MS;
    for (; nowMs < FROM_MS + DAYS * DAY_MS; nowMs += (12 + random.int(12)) * HOUR_MS) {
      const clock = createJumpingClock(nowMs);
      const source = openSource({ transport: feedTransport(feed, clock), clock });
      const run = runDeps({ source, archive, checkpoints, clock, codec, runId: `run-${++runs}` });
      await drain(run, { workspace, settings: { batchEvents: 5 + random.int(60), pageLimit: 25 } }, NEVER);
      if (nowMs >= looksFrom) {
        const from = dayOf(msToInstant(hasLooked ? Math.max(FROM_MS, nowMs - LOOK_BACK_MS) : FROM_MS));
        const to = dayOf(msToInstant(nowMs));
        if (openDay !== null && !hasLookedAt(objects, workspace, openDay) && openDay < to)
          await lookInPart(objects, workspace, openDay, nowMs);
        hasLooked = true;
        for (const [startAt, endAt] of windowsOf(from, to, openDay)) {
          const what = { kind: "window", startAt, endAt } as const;
          await rescan(run, { workspace, settings: { pageLimit: 100 }, what }, NEVER);
        }
      }
      const { newest } = await sealWorkspace(deps(nowMs), workspace, NEVER);
      if (newest !== null && nowMs < lastStampMs && random.chance(0.6))
        await stampNewest(stamping(nowMs), workspace, newest, NEVER);
      if (newest !== null && newest.number > 3 && random.chance(0.1)) {
        const next = testSigner(1 + random.int(100));
        if (used.has(next.publicKey.toString("hex"))) continue; // a key that handed over does not come back
        used.add(next.publicKey.toString("hex"));
        await changeSealingKey(deps(nowMs), workspace, next, "rotation", NEVER);
        signer = next;
      }
      if (workspace === WORKSPACES.at(-1) && nowMs < FROM_MS + (DAYS / 2) * DAY_MS) earlier = new Map(objects);
    }
    await sealWorkspace(deps(nowMs), workspace, NEVER);
  }
  dropUnnamed(objects);
  return { objects, earlier, key: keyOfSigner(testSigner()), pins: pinsOf(objects) };
}

/** What is to be looked at: all days before `to`, without the one that is left open. */
function windowsOf(from: string, to: string, openDay: string | null): (readonly [Instant, Instant])[] {
  const isIn = openDay !== null && from <= openDay && openDay < to;
  const parts = isIn ? [[from, openDay] as const, [shiftDay(openDay, 1), to] as const] : [[from, to] as const];
  return parts.flatMap(([start, end]) => (start < end ? [[startOfDay(start), startOfDay(end)] as const] : []));
}

const hasLookedAt = (objects: Objects, workspace: string, day: string): boolean =>
  objects.has(coverageKey({ workspace, day, number: 1 }));

/** Records the look of a rescan that could not read an hour of the day. */
async function lookInPart(objects: Objects, workspace: string, day: string, nowMs: number): Promise<void> {
  const last = [...objects.keys()]
    .filter((key) => key.startsWith(dayPrefix(workspace, day)))
    .sort()
    .at(-1);
  const log = last === undefined ? null : readHeader(objects.get(last)!);
  const at = msToInstant(nowMs);
  const part = (hour: string) => `${day}T${hour}:00:00.000Z` as Instant;
  const seen = log?.manifest.logCount ?? 0;
  const found = { requests: 2, seen, had: seen, added: 0, gone: 0, goneIds: [], conflicts: 0, odd: 0 };
  const place = { workspace, day, purpose: "settled", run: "run", writer: "0.1.0", began: at, ended: at } as const;
  const unread = [[part("02"), part("03")]] as const;
  const open = { complete: false, reason: "scan-incomplete", unread } as const;
  const ends = { segments: log?.manifest.number ?? 0, manifest: log?.manifestHash ?? null };
  const deps = { archive: createMemoryArchive(objects), clock: createJumpingClock(nowMs) };
  await appendEntry(deps, { ...place, ...found, ...open, ...ends }, () => false);
}

/** Looks and stamps that the next seal would have named: until then nothing tells of them, and nobody would miss them. */
function dropUnnamed(objects: Objects): void {
  const seals = [...objects]
    .filter(([key]) => key.startsWith(SEALS_PREFIX))
    .map(([, bytes]) => readSealFile(bytes).seal);
  const stamps = new Set(seals.flatMap((seal) => seal.stamps.map(({ sha256 }) => sha256)));
  for (const workspace of WORKSPACES) {
    const named = namedLooks(seals.filter((seal) => seal.workspace === workspace));
    for (const [key, bytes] of [...objects]) {
      const look = parseCoverageKey(key);
      if (look?.workspace === workspace && look.number > (named.get(look.day) ?? 0)) objects.delete(key);
      if (key.startsWith(stampsPrefix(workspace)) && !stamps.has(sealHash(bytes))) objects.delete(key);
    }
  }
}

function pinsOf(objects: Objects): SealedArchive["pins"] {
  const pins = new Map<string, { number: number; sha256: string }>();
  for (const key of [...objects.keys()].filter((one) => one.startsWith(SEALS_PREFIX)).sort()) {
    const { workspace, number } = parseSealKey(key)!;
    pins.set(workspace, { number, sha256: sealHash(objects.get(key)!) });
  }
  return pins;
}
