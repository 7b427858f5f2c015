/** Small archives about sealing: what is sealed, when, and what is not. Each fails if its rule is broken. */
import { verify } from "../../lambda/archive/verify.ts";
import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { type Instant, ODD_DAY, shiftDay } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { SEALS_PREFIX, sealKey } from "../../lambda/seal/seal-key.ts";
import { changeSealingKey, type SealDeps } from "../../lambda/seal/sealer.ts";
import type { Seal } from "../../lambda/seal/text.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { NEVER } from "../fakes/run.ts";
import { keyOfSigner } from "../seal/sample-chain.ts";
import {
  depsAt,
  describeSeals,
  type Objects,
  putLog,
  putLook,
  sealAt,
  sealsOf,
  segmentsOf,
  unreadAll,
} from "../seal/sealed-archive.ts";
import { testSigner } from "../seal/signers.ts";
import { codec, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import type { Row } from "./script.ts";
import { createSealAuditor } from "./seal-auditor.ts";
import { Violation } from "./violation.ts";

const FIRST = "2026-05-01";
export const day = (index: number): string => shiftDay(FIRST, index);

/** So many events in each segment of each day; all days were looked at, but for those of `unlooked`. */
export async function archiveOf(
  days: readonly (readonly number[])[],
  unlooked: readonly number[] = [],
): Promise<Objects> {
  const objects: Objects = new Map();
  for (const [index, counts] of days.entries()) {
    await putLog(objects, day(index), ...counts);
    if (!unlooked.includes(index)) putLook(objects, day(index));
  }
  return objects;
}

const verifyWithKey = (objects: Objects, mayBeExpired = (_: string) => false, signers = [testSigner()]) => {
  const trust = { ...NO_TRUST, keys: signers.map(keyOfSigner) };
  return verify({ archive: createMemoryArchive(objects), codec }, { trust, mayBeExpired });
};

/** `verify`, with the keys, finds nothing to say. */
export async function demandClean(objects: Objects, signers = [testSigner()]): Promise<void> {
  const { faults, untold } = await verifyWithKey(objects, () => false, signers);
  for (const { invariant, key, message } of faults) throw new Violation(invariant, `${key} ${message}`);
  for (const { key, message } of untold) throw new Violation("seals", `${key}: ${message}`);
}

const countSeals = (objects: Objects): number =>
  [...objects.keys()].filter((key) => key.startsWith(SEALS_PREFIX)).length;

/** Seals what is there by then, and demands that these are the seals. */
async function demandSeals(objects: Objects, at: string, seals: readonly string[]): Promise<readonly Seal[]> {
  const { halted } = await sealAt(objects, at, { archive: audited(objects, at), alwaysLooksBack: true });
  if (halted !== null) throw new Violation("halt", halted.reason);
  const found = describeSeals(objects);
  if (found.join() !== seals.join()) throw new Violation("I10", `sealed is: ${found.join(", ")}`);
  return sealsOf(objects);
}

/** Each seal is judged when it lands. */
function audited(objects: Objects, at: string): ArchiveStore {
  const archive = createMemoryArchive(objects);
  const auditor = createSealAuditor(objects, depsAt(objects, at).clock.now);
  for (const [key, bytes] of [...objects].sort()) if (key.startsWith(SEALS_PREFIX)) auditor.landed(key, bytes);
  return {
    ...archive,
    create: async (key, bytes) => {
      const outcome = await archive.create(key, bytes);
      if (outcome === "created") auditor.landed(key, Buffer.from(bytes));
      return outcome;
    },
  };
}

/** Whatever else it does, the sealer stops, and makes no seal. */
async function demandNoSeal(objects: Objects, at: string, kind: string, more: Partial<SealDeps> = {}): Promise<void> {
  const before = countSeals(objects);
  const error = await sealAt(objects, at, more).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (countSeals(objects) > before) throw new Violation("I10", "something was sealed that does not hold");
  if (error instanceof ArchiverError && error.kind === kind) return;
  throw new Violation("errors", `the sealer does not stop as ${kind}: ${error}`);
}

/** The archive of a sealer whose n-th create of a seal goes wrong. */
function interrupted(objects: Objects, number: number, happen: () => Promise<"unknown" | null>): ArchiveStore {
  const archive = createMemoryArchive(objects);
  let isOver = false;
  return {
    ...archive,
    create: async (key, bytes) => {
      if (key !== sealKey(WORKSPACE, number) || isOver) return await archive.create(key, bytes);
      isOver = true;
      return (await happen()) ?? (await archive.create(key, bytes));
    },
  };
}

const part = (at: number, from: string, until: string) =>
  [`${day(at)}T${from}:00:00.000Z`, `${day(at)}T${until}:00:00.000Z`] as const as readonly [Instant, Instant];

export const SEAL_ROWS: readonly Row[] = [
  {
    rule: "each day that was looked at is sealed, quiet days too, and a verifier with the key has nothing to say",
    play: async () => {
      const objects = await archiveOf([[5, 4], [], [3]]);
      const days = [`1 day ${day(0)} 9 in 2 complete`, `2 day ${day(1)} 0 in 0 complete`];
      await demandSeals(objects, `${day(2)}T12:00:00Z`, days);
      await demandSeals(objects, day(3), [...days, `3 day ${day(2)} 3 in 1 complete`]);
      await demandClean(objects);
    },
  },
  {
    rule: "a day whose log is damaged is not sealed",
    play: async () => {
      const objects = await archiveOf([[5, 4], [3]]);
      const bytes = objects.get(segmentsOf(objects, day(0))[1]!)!;
      bytes[bytes.length - 12]! ^= 1;
      await demandNoSeal(objects, day(3), "halted");
    },
  },
  {
    rule: "a day whose log holds a gid twice is sealed as it is, is told, and keeps no later day waiting",
    play: async () => {
      const objects = await archiveOf([[], [4]]);
      const twice = sampleEvents(3, 0, day(0));
      for (const { key, bytes } of await sampleLog([twice, twice])) objects.set(key, bytes);
      putLook(objects, day(0), { purpose: "aged" });
      const { halted, doubledDays } = await sealAt(objects, day(3), { archive: audited(objects, day(3)) });
      if (halted !== null) throw new Violation("halt", halted.reason);
      if (doubledDays.join() !== day(0)) throw new Violation("I2", `told as doubled: ${doubledDays.join()}`);
      const sealed = [`1 day ${day(0)} 6 in 2 complete`, `2 day ${day(1)} 4 in 1 complete`];
      if (describeSeals(objects).join() !== sealed.join()) throw new Violation("I10", describeSeals(objects).join());
      const { faults, untold } = await verifyWithKey(objects);
      if (faults.length !== 3 || faults.some(({ invariant }) => invariant !== "I2") || untold.length > 0)
        throw new Violation("I2", "verify does not name each line that is there twice, and nothing else");
    },
  },
  {
    rule: "a day whose segments expired before it was sealed is sealed with a gap, and those after it are not kept waiting",
    play: async () => {
      const settings = { settledAfterHours: 6, expireAfterDays: 100 };
      for (const isPartly of [true, false]) {
        const objects = await archiveOf([[5], [4, 3], [2]]);
        await sealAt(objects, day(1));
        const [first, second] = segmentsOf(objects, day(1));
        objects.delete(first!);
        if (!isPartly) objects.delete(second!);
        await demandNoSeal(objects, day(4), "halted", { settings });
        const { halted } = await sealAt(objects, day(110), { archive: audited(objects, day(110)), settings });
        if (halted !== null) throw new Violation("halt", halted.reason);
        const [, gone, next] = sealsOf(objects);
        if (gone?.state !== "incomplete" || gone.size !== 0 || gone.coverage?.number !== 1 || next?.size !== 2)
          throw new Violation("I10", describeSeals(objects).join());
        const kept = await verifyWithKey(objects, (one) => one <= day(1));
        if (kept.faults.length > 0 || kept.untold.length > 0) throw new Violation("I10", "it is not told as expired");
        const { faults } = await verifyWithKey(objects);
        if (!faults.some(({ invariant }) => invariant === "I10")) throw new Violation("I10", "nothing is missed");
      }
    },
  },
  {
    rule: "what came late to a sealed day is sealed while all of the day is there, though it is old enough to expire",
    play: async () => {
      const settings = { settledAfterHours: 6, expireAfterDays: 100 };
      for (const gone of [null, 0, 1]) {
        const objects = await archiveOf([[5, 4], [3]]);
        await sealAt(objects, day(2), { settings });
        await putLog(objects, day(0), 2);
        if (gone !== null) objects.delete(segmentsOf(objects, day(0))[gone]!);
        const deps = { archive: audited(objects, day(102)), settings, alwaysLooksBack: true };
        const { halted } = await sealAt(objects, day(102), deps);
        if (halted !== null) throw new Violation("halt", halted.reason);
        const late = describeSeals(objects).filter((seal) => seal.includes("late"));
        const expected = gone === null ? [`3 late ${day(0)} 11 in 3 complete`] : [];
        if (late.join() !== expected.join()) throw new Violation("I10", `sealed late is: ${late.join(", ")}`);
      }
    },
  },
  {
    rule: "the odd day's log, begun anew after all of it has expired, keeps no day waiting and is told as expired",
    play: async () => {
      const settings = { settledAfterHours: 6, expireAfterDays: 100 };
      const putOdd = async (...gids: readonly string[]) => {
        const log = await sampleLog(gids.map((gid) => [sampleEvent(gid, "yesterday")]));
        for (const { key, bytes } of log) objects.set(key, bytes);
      };
      const objects = await archiveOf([[5], []]);
      await putOdd("1");
      await sealAt(objects, day(2)); // nothing expires yet
      for (const key of objects.keys()) if (key.startsWith("events/")) objects.delete(key);
      await putOdd("2", "3");
      for (let index = 2; index <= 110; index += 1) putLook(objects, day(index));
      const { halted } = await sealAt(objects, day(111), { settings, alwaysLooksBack: true });
      if (halted !== null) throw new Violation("halt", halted.reason);
      const { faults, untold } = await verifyWithKey(objects, (one) => one <= day(10));
      if (faults.length > 0 || untold.length > 0) throw new Violation("I10", "it is not told as expired");
    },
  },
  {
    rule: "of a workspace that nobody archives any more nothing is sealed after its last day with a look or an event",
    play: async () => {
      const objects = await archiveOf([[5], [4], [], [3]], [3]);
      const retired = { isRetired: true, alwaysLooksBack: true };
      await sealAt(objects, day(4), retired);
      const { dueDays, halted } = await sealAt(objects, day(60), retired);
      if (halted !== null || dueDays !== 0) throw new Violation("I10", `${dueDays} days are due`);
      const sealed = describeSeals(objects).map((seal) => seal.slice(2));
      const expected = ["5 in 1 complete", "4 in 1 complete", "0 in 0 complete", "3 in 1 incomplete"];
      if (sealed.join() !== expected.map((what, index) => `day ${day(index)} ${what}`).join())
        throw new Violation("I10", `sealed is: ${sealed.join(", ")}`);
      await demandClean(objects);
    },
  },
  {
    rule: "what came after the last seal is sealed late, however long nobody sealed, also of days that are long past by then",
    play: async () => {
      const objects = await archiveOf([[5], [4], []], [2]);
      await sealAt(objects, day(2));
      await putLog(objects, day(0), 2);
      putLook(objects, day(0), { purpose: "aged", had: 5, added: 2 });
      putLook(objects, day(2));
      const { halted } = await sealAt(objects, day(240), { archive: audited(objects, day(240)) });
      if (halted !== null) throw new Violation("halt", halted.reason);
      const sealed = [`3 late ${day(0)} 7 in 2 complete`, `4 day ${day(2)} 0 in 0 complete`];
      const found = describeSeals(objects).slice(2, 4);
      if (found.join() !== sealed.join()) throw new Violation("I10", `sealed is: ${found.join(", ")}`);
      await demandClean(objects);
    },
  },
  {
    rule: "nothing is sealed behind a seal whose signature does not hold",
    play: async () => {
      const objects = await archiveOf([[5], [3]], [1]);
      await sealAt(objects, day(2));
      const key = sealKey(WORKSPACE, 1);
      const text = objects.get(key)!.toString();
      objects.set(key, Buffer.from(text.replace("\nsealed 2026", "\nsealed 2025")));
      putLook(objects, day(1));
      await demandNoSeal(objects, day(3), "halted");
    },
  },
  {
    rule: "a sealed day whose first segments are others by now is not sealed once more",
    play: async () => {
      const objects = await archiveOf([[5], [3]]);
      await sealAt(objects, day(2));
      for (const { key, bytes } of await sampleLog([sampleEvents(5, 100, day(0)), sampleEvents(2, 200, day(0))]))
        objects.set(key, bytes);
      putLook(objects, day(0), { purpose: "aged" });
      await demandNoSeal(objects, day(3), "halted", { alwaysLooksBack: true });
    },
  },
  {
    rule: "a day whose log is not the one that was looked at is not sealed",
    play: async () => {
      const objects = await archiveOf([[5], [3]], [0]);
      putLook(objects, day(0), { manifest: "0".repeat(64) });
      await demandNoSeal(objects, day(3), "halted");
    },
  },
  {
    rule: "a day that nobody looked at is sealed after a week, and no later day before it",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]], [1]);
      await demandSeals(objects, `${day(9)}T05:59:59Z`, [`1 day ${day(0)} 5 in 1 complete`]);
      await demandSeals(objects, `${day(9)}T06:00:00Z`, [
        `1 day ${day(0)} 5 in 1 complete`,
        `2 day ${day(1)} 4 in 1 incomplete`,
        `3 day ${day(2)} 3 in 1 complete`,
      ]);
      await demandClean(objects);
    },
  },
  {
    rule: "a look that did not come to its end does not count as one, and its gaps are in the seal, all of them",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]], [1]);
      const unread = [part(1, "02", "03"), part(1, "20", "21")];
      putLook(objects, day(1), { ...unreadAll(day(1)), unread });
      await demandSeals(objects, day(4), [`1 day ${day(0)} 5 in 1 complete`]);
      const seals = await demandSeals(objects, day(9), [
        `1 day ${day(0)} 5 in 1 complete`,
        `2 day ${day(1)} 4 in 1 incomplete`,
        `3 day ${day(2)} 3 in 1 complete`,
      ]);
      if (seals[1]!.gaps.length !== 2) throw new Violation("I11", "not all gaps are in the seal");
      await demandClean(objects);
    },
  },
  {
    rule: "what was archived after its day was sealed is sealed late, and that seal names the one before",
    play: async () => {
      const objects = await archiveOf([[5], [4]]);
      await sealAt(objects, day(2));
      await putLog(objects, day(0), 2);
      putLook(objects, day(0), { purpose: "aged", added: 2, had: 5, seen: 7 });
      await demandSeals(objects, day(3), [
        `1 day ${day(0)} 5 in 1 complete`,
        `2 day ${day(1)} 4 in 1 complete`,
        `3 late ${day(0)} 7 in 2 complete`,
      ]);
      await demandClean(objects);
    },
  },
  {
    rule: "a gap that a later look has closed is closed by a late seal",
    play: async () => {
      const objects = await archiveOf([[5], [4]], [1]);
      putLook(objects, day(1), unreadAll(day(1)));
      await sealAt(objects, day(9));
      putLook(objects, day(1), { purpose: "aged" });
      await demandSeals(objects, `${day(9)}T18:00:00Z`, [
        `1 day ${day(0)} 5 in 1 complete`,
        `2 day ${day(1)} 4 in 1 incomplete`,
        `3 late ${day(1)} 4 in 1 complete`,
      ]);
      await demandClean(objects);
    },
  },
  {
    rule: "a later look that found nothing new is named by the next seal",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]]);
      await sealAt(objects, day(2));
      putLook(objects, day(0), { purpose: "aged" });
      await sealAt(objects, day(3));
      const again = sealsOf(objects).flatMap((seal) => seal.again.map((look) => `${look.day} ${look.number}`));
      if (again.join() !== `${day(0)} 2`) throw new Violation("I11", `named again: ${again.join()}`);
      await demandClean(objects);
    },
  },
  {
    rule: "a look that comes while a sealer looks back is named with its own number",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]]);
      await sealAt(objects, day(2));
      putLook(objects, day(0), { purpose: "asked" });
      const archive = audited(objects, day(3));
      let isThere = false;
      const list: ArchiveStore["list"] = async function* (prefix, startAfter) {
        const listed = await Array.fromAsync(archive.list(prefix, startAfter));
        yield* listed;
        if (isThere || !listed.some(({ key }) => key === coverageKey({ workspace: WORKSPACE, day: day(0), number: 2 })))
          return;
        isThere = true;
        putLook(objects, day(0), { purpose: "aged" });
      };
      await sealAt(objects, day(3), { archive: { ...archive, list } });
      const again = sealsOf(objects).flatMap((seal) => seal.again.map((look) => `${look.day} ${look.number}`));
      if (again.join() !== `${day(0)} 3`) throw new Violation("I11", `named again: ${again.join()}`);
      await demandClean(objects);
    },
  },
  {
    rule: "of several looks the last one that came to its end is named",
    play: async () => {
      const objects = await archiveOf([[5]], [0]);
      putLook(objects, day(0), unreadAll(day(0)));
      putLook(objects, day(0));
      await putLog(objects, day(0), 2);
      putLook(objects, day(0), { purpose: "aged" });
      putLook(objects, day(0), { ...unreadAll(day(0)), purpose: "aged" });
      const [seal] = await demandSeals(objects, day(3), [`1 day ${day(0)} 7 in 2 complete`]);
      if (seal!.coverage!.number !== 3) throw new Violation("I11", `look ${seal!.coverage!.number} is named`);
      await demandClean(objects);
    },
  },
  {
    rule: "a seal of which the store does not say whether it is there is not built upon",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]]);
      const archive = interrupted(objects, 2, async () => "unknown");
      const { halted } = await sealAt(objects, day(4), { archive });
      if (halted === null || countSeals(objects) !== 1)
        throw new Violation("I9", "a seal rests on one that is not there");
      await sealAt(objects, day(4));
      await demandClean(objects);
    },
  },
  {
    rule: "of two sealers each number is made by one, and the other goes on from there",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]]);
      const rival = async () => {
        await sealAt(objects, day(2), { writer: "1.1.0" });
        return null;
      };
      await sealAt(objects, day(4), { archive: interrupted(objects, 2, rival) });
      if (countSeals(objects) !== 3) throw new Violation("I9", `${countSeals(objects)} seals of three days`);
      await demandClean(objects);
    },
  },
  ...(["nothing", "another key"] as const).map((by) => ({
    rule: `a signature by ${by} is never stored`,
    play: async () => {
      const objects = await archiveOf([[5], [4]]);
      const other = testSigner(7);
      const sign = async (text: Buffer) => (by === "nothing" ? Buffer.alloc(64, 1) : await other.sign(text));
      await demandNoSeal(objects, day(3), "halted", { signer: { ...testSigner(), sign } });
    },
  })),
  {
    rule: "what is older than the first look, and what has no time, is sealed late",
    play: async () => {
      const objects = await archiveOf([[5], [4]]);
      const long = shiftDay(FIRST, -200);
      await putLog(objects, long, 2);
      for (const { key, bytes } of await sampleLog([[sampleEvent("odd", "yesterday")]])) objects.set(key, bytes);
      await demandSeals(objects, day(3), [
        `1 day ${day(0)} 5 in 1 complete`,
        `2 late ${ODD_DAY} 1 in 1 incomplete`,
        `3 late ${long} 2 in 1 incomplete`,
        `4 day ${day(1)} 4 in 1 complete`,
      ]);
      await demandClean(objects);
    },
  },
  {
    rule: "a key hands over to the next, and who trusts the first follows; one that took over from a lost key has to be told",
    play: async () => {
      const objects = await archiveOf([[5], [4], [3]], [1, 2]);
      const [first, second, third] = [testSigner(), testSigner(2), testSigner(3)];
      await sealAt(objects, day(2));
      await changeSealingKey(depsAt(objects, day(2)), WORKSPACE, second, "rotation", NEVER);
      putLook(objects, day(1));
      await demandNoSeal(objects, day(3), "misconfigured");
      await sealAt(objects, day(3), { signer: second });
      await demandClean(objects, [first]);
      await changeSealingKey(depsAt(objects, day(3), { signer: second }), WORKSPACE, third, "loss", NEVER);
      putLook(objects, day(2));
      await sealAt(objects, day(4), { signer: third });
      if (countSeals(objects) !== 5) throw new Violation("I9", `${countSeals(objects)} seals`);
      await demandClean(objects, [first, third]);
    },
  },
  {
    rule: "a key that has handed over does not come back, whoever asks for it, and the one in force seals on",
    play: async () => {
      const objects = await archiveOf([[5], [4]], [1]);
      const [first, second] = [testSigner(), testSigner(2)];
      await sealAt(objects, day(2));
      await changeSealingKey(depsAt(objects, day(2)), WORKSPACE, second, "rotation", NEVER);
      for (const reason of ["rotation", "loss"] as const) {
        const back = changeSealingKey(depsAt(objects, day(2), { signer: second }), WORKSPACE, first, reason, NEVER);
        const error = await back.catch((thrown: unknown) => thrown);
        if (!(error instanceof ArchiverError) || error.kind !== "misconfigured")
          throw new Violation("I9", `the first key came back by ${reason}`);
      }
      putLook(objects, day(1));
      await sealAt(objects, day(3), { signer: second });
      if (countSeals(objects) !== 3) throw new Violation("I9", `${countSeals(objects)} seals`);
      await demandClean(objects);
    },
  },
];
