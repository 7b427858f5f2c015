/**
 * Whatever somebody who may write does to a sealed archive, verify does not call it good: it finds the fault, or says
 * that only a key or a note kept elsewhere can tell. And it calls good archives good.
 */
import { expect, it } from "vitest";
import { createRandom, type Random } from "../../feed/random.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { NO_TRUST, type SealTrust } from "../../lambda/seal/verify-seals.ts";
import { dayPrefix } from "../../lambda/segment/key.ts";
import type { Objects } from "../archive/sample-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";
import { tries } from "../tries.ts";
import { addSegment, FIRST_SEED, type RandomArchive, randomArchive } from "./random-archive.ts";

const TAMPERED = tries(3).numRuns;
const ARCHIVES = tries(4).numRuns;
const archives = await Promise.all(Array.from({ length: ARCHIVES }, (_, seed) => randomArchive(FIRST_SEED + seed)));

const verifyWith = (objects: Objects, trust: Partial<SealTrust>) =>
  verify({ archive: createMemoryArchive(objects), codec }, { trust: { ...NO_TRUST, ...trust } });

it("good archives are good, with the key that is trusted and with the newest seal pinned", async () => {
  expect(new Set(archives.map(({ hasGaps }) => hasGaps)).size).toBe(2);
  for (const [seed, { objects, key, pin, hasGaps }] of archives.entries()) {
    const { outcome, faults, untold, seals } = await verifyWith(objects, { keys: [key], expected: [pin] });
    expect({ seed, outcome, faults, untold }).toEqual({ seed, outcome: "clean", faults: [], untold: [] });
    expect(seals).toMatchObject([{ workspace: WORKSPACE, newest: { number: pin.number, sha256: pin.sha256 } }]);
    expect(seals[0]!.gaps.length > 0).toBe(hasGaps);
  }
});

it("without a key the signer is unknown, and the archive is not called good", async () => {
  const { objects } = archives[0]!;
  expect(await verifyWith(objects, {})).toMatchObject({ outcome: "untold", faults: [] });
});

const below = (objects: Objects, prefix: string): string[] =>
  [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
const PREFIXES = ["seals/", "coverage/", "events/", "keys/"];
const somePrefix = (random: Random, objects: Objects): string =>
  random.pick(PREFIXES.filter((prefix) => below(objects, prefix).length > 0));
const someKey = (random: Random, objects: Objects): string => random.pick(below(objects, somePrefix(random, objects)));

it("a day that is not sealed leaves nothing open where its segments may have expired", async () => {
  const { objects, key } = await randomArchive(1); // its own, since it is changed
  await addSegment(objects, ODD_DAY, 1);
  const trust = { ...NO_TRUST, keys: [key] };
  const verifying = (mayBeExpired: (day: string) => boolean) =>
    verify({ archive: createMemoryArchive(objects), codec }, { trust, mayBeExpired });
  expect((await verifying(() => false)).untold).toMatchObject([{ key: dayPrefix(WORKSPACE, ODD_DAY) }]);
  expect((await verifying((day) => day === ODD_DAY)).untold).toEqual([]);
});

/** Each changes something, or says that it could not. */
const TAMPERINGS: Readonly<
  Record<string, (random: Random, objects: Objects, other: RandomArchive) => void | Promise<void>>
> = {
  "an object is deleted": (random, objects) => void objects.delete(someKey(random, objects)),
  "two objects are deleted": (random, objects) => {
    objects.delete(someKey(random, objects));
    if (objects.size > 0) objects.delete(someKey(random, objects));
  },
  "a whole prefix is deleted": (random, objects) => {
    for (const key of below(objects, somePrefix(random, objects))) objects.delete(key);
  },
  "a day is deleted, with its looks": (random, objects) => {
    const [day] = /dt=[^/]+/.exec(random.pick(below(objects, "coverage/")))!;
    for (const key of [...objects.keys()]) if (key.includes(day)) objects.delete(key);
  },
  "the newest seals are deleted": (random, objects) => {
    const seals = below(objects, "seals/");
    for (const key of seals.slice(random.int(seals.length))) objects.delete(key);
  },
  "a byte is changed": (random, objects) => {
    const key = someKey(random, objects);
    const bytes = Buffer.from(objects.get(key)!);
    bytes[random.int(bytes.length)]! ^= 1 << random.int(8);
    objects.set(key, bytes);
  },
  "an object is cut off": (random, objects) => {
    const key = someKey(random, objects);
    const bytes = objects.get(key)!;
    objects.set(key, bytes.subarray(0, random.int(bytes.length)));
  },
  "something is appended": (random, objects) => {
    const key = someKey(random, objects);
    objects.set(key, Buffer.concat([objects.get(key)!, Buffer.from(random.pick(["\n", " ", "x", "\0"]))]));
  },
  "two objects change places": (random, objects) => {
    const keys = below(objects, somePrefix(random, objects));
    const [one, two] = [random.pick(keys), random.pick(keys)];
    if (one === two) return TAMPERINGS["a byte is changed"]!(random, objects, null as never);
    const bytes = objects.get(one)!;
    objects.set(one, objects.get(two)!);
    objects.set(two, bytes);
  },
  "an object is put there twice": (random, objects) => {
    const prefix = somePrefix(random, objects);
    const keys = below(objects, prefix);
    if (prefix === "keys/") return TAMPERINGS["an object is cut off"]!(random, objects, null as never);
    const last = keys.at(-1)!;
    const next = last.replace(/\d{6}(?=\.)/, (number) => String(Number(number) + 1).padStart(6, "0"));
    objects.set(next, objects.get(random.pick(keys))!);
  },
  "an object of another archive of the same name is put in its place": (random, objects, other) => {
    const shared = [...objects.keys()].filter((key) => other.objects.get(key)?.equals(objects.get(key)!) === false);
    const key = random.pick(shared);
    objects.set(key, other.objects.get(key)!);
  },
  "the archive is replaced by another one of the same name": (_random, objects, other) => {
    objects.clear();
    for (const [key, bytes] of other.objects) objects.set(key, bytes);
  },
  "a day's log is made anew, hashes included": async (random, objects) => {
    const [, day] = /dt=([^/]+)/.exec(random.pick(below(objects, "events/")))!;
    for (const key of below(objects, `events/workspace=${WORKSPACE}/dt=${day}/`)) objects.delete(key);
    await addSegment(objects, day!, 2, 9000);
  },
  "events are added to a sealed day": async (random, objects) => {
    const [, day] = /dt=([^/]+)/.exec(random.pick(below(objects, "coverage/")))!;
    await addSegment(objects, day!, 1, 8000);
  },
};

it.each(Object.keys(TAMPERINGS))("%s: not good", async (name) => {
  for (let seed = 1; seed <= TAMPERED; seed += 1) {
    const random = createRandom(seed);
    const index = seed % ARCHIVES;
    const { objects: good, key, pin } = archives[index]!;
    const objects: Objects = new Map(good);
    await TAMPERINGS[name]!(random, objects, archives[(index + 1) % ARCHIVES]!);
    const report = await verifyWith(objects, { keys: [key], expected: [pin] });
    expect({ seed, index, outcome: report.outcome }).not.toMatchObject({ outcome: "clean" });
  }
});

it.each([
  "an object is deleted",
  "a byte is changed",
  "the newest seals are deleted",
  "two objects change places",
  "a day's log is made anew, hashes included",
])("%s: not good even where nobody wrote down the newest seal", async (name) => {
  for (let seed = 1; seed <= TAMPERED; seed += 1) {
    const { objects: good, key } = archives[seed % ARCHIVES]!;
    const objects: Objects = new Map(good);
    await TAMPERINGS[name]!(createRandom(seed), objects, archives[(seed + 1) % ARCHIVES]!);
    const report = await verifyWith(objects, { keys: [key] });
    expect({ seed, outcome: report.outcome }).not.toMatchObject({ outcome: "clean" });
  }
});
