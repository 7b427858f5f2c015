/** What somebody who may write, and knows the formats, does to a sealed archive. The seals' keys he does not have. */
import { hash } from "node:crypto";
import type { Random } from "../../feed/random.ts";
import { coverageKey, parseCoverageKey } from "../../lambda/coverage/coverage-key.ts";
import { encodeEntry, entryHash, parseEntry } from "../../lambda/coverage/entry.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { startOfDay } from "../../lambda/event/instant.ts";
import { printPublicKeyFile, verifierKey } from "../../lambda/seal/note.ts";
import { printSealFile, readSealFile, sealHash } from "../../lambda/seal/seal-file.ts";
import { parseSealKey, publicKeyKey, sealKey, sealsPrefix } from "../../lambda/seal/seal-key.ts";
import { changeSealingKey } from "../../lambda/seal/sealer.ts";
import { parseStampKey } from "../../lambda/seal/stamp-key.ts";
import { endOfDay, printSeal, type Seal, toWholeSecond } from "../../lambda/seal/text.ts";
import { createBodyWriter, type Placement, placeSegment } from "../../lambda/segment/body.ts";
import { dayPrefix, parseSegmentKey, segmentKey } from "../../lambda/segment/key.ts";
import type { Manifest } from "../../lambda/segment/manifest.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { NEVER } from "../fakes/run.ts";
import { timestampInfo, timestampResponse, unsignedToken } from "../fakes/timestamp-answer.ts";
import { signSeal } from "../seal/sample-seal.ts";
import { depsAt } from "../seal/sealed-archive.ts";
import { testSigner } from "../seal/signers.ts";
import { withManifest } from "../segment/forge.ts";
import { fillBody, readLines } from "../segment/sample.ts";
import { codec, type Objects } from "./real-archive.ts";
import type { SealedArchive } from "./sealed-archive.ts";

export interface Scene {
  readonly objects: Objects;
  readonly random: Random;
  readonly archive: SealedArchive;
  /** Another archive of the same name, and key. */
  readonly other: SealedArchive;
}

/** May find nothing to do; whoever calls looks whether anything is another than it was. */
export type Tampering = (scene: Scene) => void | Promise<void>;

const PREFIXES = ["events/", "coverage/", "seals/", "stamps/", "keys/"] as const;
const ATTACKER = testSigner(200);

const below = (objects: ReadonlyMap<string, Buffer>, prefix: string): string[] =>
  [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();

/** Of every kind equally often, since there are few keys and stamps, and many seals. Throws where there is none left. */
function someKey({ objects, random }: Pick<Scene, "objects" | "random">, prefix = somePrefix(objects, random)): string {
  return someOf(random, below(objects, prefix));
}

function someOf<T>(random: Random, all: readonly T[]): T {
  if (all.length === 0) throw new Error("an earlier tampering left nothing of it");
  return random.pick(all);
}

const somePrefix = (objects: Objects, random: Random): string =>
  someOf(
    random,
    PREFIXES.filter((prefix) => below(objects, prefix).length > 0),
  );

const folderOf = (key: string): string => key.slice(0, key.lastIndexOf("/") + 1);

function edit(scene: Scene, change: (bytes: Buffer) => Buffer): void {
  const key = someKey(scene);
  scene.objects.set(key, change(scene.objects.get(key)!));
}

export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  "an object is deleted": (scene) => void scene.objects.delete(someKey(scene)),
  "some objects of one kind are deleted": (scene) => {
    const prefix = somePrefix(scene.objects, scene.random);
    for (const key of below(scene.objects, prefix)) if (scene.random.chance(0.5)) scene.objects.delete(key);
  },
  "a whole prefix is deleted": ({ objects, random }) => {
    for (const key of below(objects, somePrefix(objects, random))) objects.delete(key);
  },
  "the end of a folder is deleted": (scene) => {
    const keys = below(scene.objects, folderOf(someKey(scene)));
    for (const key of keys.slice(scene.random.int(keys.length))) scene.objects.delete(key);
  },
  "a workspace is deleted": (scene) => {
    const workspace = /workspace=\d+\//.exec(someKey(scene, "seals/"))![0];
    for (const key of [...scene.objects.keys()]) if (key.includes(workspace)) scene.objects.delete(key);
  },
  "a day is deleted everywhere": (scene) => {
    const day = /dt=[^/]+/.exec(someKey(scene, "coverage/"))![0];
    for (const key of [...scene.objects.keys()]) if (key.includes(day)) scene.objects.delete(key);
  },
  "a bit is flipped": (scene) =>
    edit(scene, (bytes) => {
      const changed = Buffer.from(bytes);
      changed[scene.random.int(bytes.length)]! ^= 1 << scene.random.int(8);
      return changed;
    }),
  "an object is cut off": (scene) => edit(scene, (bytes) => bytes.subarray(0, scene.random.int(bytes.length))),
  "something is appended": (scene) =>
    edit(scene, (bytes) => Buffer.concat([bytes, Buffer.from(scene.random.pick(["\n", " ", "\0", "x", "{}\n"]))])),
  "line endings are changed": (scene) =>
    edit(scene, (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1")),
  "two objects of one kind change places": (scene) => {
    const { objects, random } = scene;
    const prefix = somePrefix(objects, random);
    const [one, two] = [someKey(scene, prefix), someKey(scene, prefix)];
    const bytes = objects.get(one)!;
    objects.set(one, objects.get(two)!);
    objects.set(two, bytes);
  },
  "a folder is renumbered over one that is missing": (scene) => {
    const keys = below(scene.objects, folderOf(someKey(scene)));
    const from = scene.random.int(keys.length);
    for (let at = from; at < keys.length - 1; at += 1) scene.objects.set(keys[at]!, scene.objects.get(keys[at + 1]!)!);
    scene.objects.delete(keys.at(-1)!);
  },
  "an object is replayed under the next number": ({ objects, random }) => {
    const prefixes = PREFIXES.filter((one) => one !== "keys/" && below(objects, one).length > 0);
    const keys = below(objects, folderOf(someKey({ objects, random }, someOf(random, prefixes))));
    const next = keys.at(-1)!.replace(/\d{6}(?=\.)/, (number) => String(Number(number) + 1).padStart(6, "0"));
    objects.set(next, objects.get(random.pick(keys))!);
  },
  "an object of another archive is put in its place": ({ objects, random, other }) => {
    const shared = [...objects.keys()].filter((key) => other.objects.get(key)?.equals(objects.get(key)!) === false);
    const key = someOf(random, shared.sort());
    objects.set(key, other.objects.get(key)!);
  },
  "a prefix of another archive is put in its place": ({ objects, random, other }) => {
    const prefix = somePrefix(objects, random);
    for (const key of below(objects, prefix)) objects.delete(key);
    for (const key of below(other.objects, prefix)) objects.set(key, other.objects.get(key)!);
  },
  "a prefix is put back as it was earlier": ({ objects, random, archive }) => {
    const prefix = somePrefix(objects, random);
    for (const key of below(objects, prefix)) objects.delete(key);
    for (const key of below(archive.earlier, prefix)) objects.set(key, archive.earlier.get(key)!);
  },
  "all of it is put back as it was earlier": ({ objects, archive }) => {
    objects.clear();
    for (const [key, bytes] of archive.earlier) objects.set(key, bytes);
  },
  "all of it is replaced by another archive of the same name": ({ objects, other }) => {
    objects.clear();
    for (const [key, bytes] of other.objects) objects.set(key, bytes);
  },
  "a look is made up, and the looks after it name it": (scene) => {
    const { objects, random } = scene;
    const key = someKey(scene, "coverage/");
    const entry = parseEntry(objects.get(key)!);
    const more = 1 + random.int(3);
    objects.set(key, encodeEntry({ ...entry, seen: entry.seen + more, had: entry.had + more }));
    rechainLooks(objects, key);
  },
  "a seal says something else, under its old signature": (scene) => {
    const key = someKey(scene, "seals/");
    const { seal, signatures } = readSealFile(scene.objects.get(key)!);
    const changed = scene.random.pick([
      { ...seal, sealed: seal.sealed.replace("T", "T").replace(/\d\dZ$/, "59Z") as typeof seal.sealed },
      { ...seal, writer: `${seal.writer}.1` },
      { ...seal, again: [], stamps: [] },
    ]);
    scene.objects.set(key, printSealFile(printSeal(changed), signatures));
  },
  "all seals are made anew with a key of the attacker's, which is put beside them": async ({ objects, random }) => {
    const { workspace } = parseSealKey(someKey({ objects, random }, "seals/"))!;
    await resealFrom(objects, workspace, 1);
  },
  "the last seals are made anew with a key of the attacker's": async ({ objects, random }) => {
    const { workspace, number } = parseSealKey(someKey({ objects, random }, "seals/"))!;
    await resealFrom(objects, workspace, number);
  },
  "a public key is replaced by another": ({ objects, random }) => {
    const key = someKey({ objects, random }, "keys/");
    objects.set(key, printPublicKeyFile(verifierKey(ATTACKER.keyName, ATTACKER.publicKey)));
  },
  "a public key is put under another name": ({ objects, random }) => {
    const key = someKey({ objects, random }, "keys/");
    objects.set(publicKeyKey("0".repeat(8)), objects.get(key)!);
    if (random.chance(0.5)) objects.delete(key);
  },
  "a whole prefix is renamed": ({ objects, random }) => {
    const prefix = somePrefix(objects, random);
    for (const key of below(objects, prefix)) {
      objects.set(key.replace("/", "-old/"), objects.get(key)!);
      objects.delete(key);
    }
  },
  "a workspace is renamed": (scene) => {
    const { workspace } = parseSealKey(someKey(scene, "seals/"))!;
    for (const key of [...scene.objects.keys()].filter((one) => one.includes(`workspace=${workspace}/`))) {
      scene.objects.set(key.replace(workspace, "1299"), scene.objects.get(key)!);
      scene.objects.delete(key);
    }
  },
  "two whole prefixes are deleted": ({ objects, random }) => {
    for (let times = 0; times < 2; times += 1)
      for (const key of below(objects, somePrefix(objects, random))) objects.delete(key);
  },
  "a manifest says something else, with a hash that fits": (scene) => {
    const key = someKey(scene, "events/");
    const { manifest } = readHeader(scene.objects.get(key)!);
    const change: Partial<Manifest> = scene.random.pick([
      { run: `${manifest.run}x` },
      { writer: `${manifest.writer}.1` },
      { logCount: manifest.logCount + 1 },
      { previous: "0".repeat(64) },
      { logNewest: manifest.oldest },
    ]);
    scene.objects.set(key, withManifest(scene.objects.get(key)!, change));
  },
  "a log is made anew, with an event less, or another one, and every hash that fits": async (scene) => {
    const { objects, random } = scene;
    const place = parseSegmentKey(someKey(scene, "events/"))!;
    const keys = below(objects, dayPrefix(place.workspace, place.day));
    const logs = await Promise.all(keys.map((key) => readLines(objects.get(key)!)));
    const at = random.int(logs.length);
    const lines = logs[at]!;
    const line = random.int(lines.length);
    if (random.chance(0.5) && lines.length > 1) lines.splice(line, 1);
    else lines[line] = lines[line]!.replace(/"gid":"(\d)/, (_, digit) => `"gid":"${(Number(digit) % 9) + 1}`);
    await writeLog(objects, keys, logs);
  },
  "an event that never was is appended to a log, in a segment that is right in all its parts": async (scene) => {
    const { objects } = scene;
    const place = parseSegmentKey(someKey(scene, "events/"))!;
    const keys = below(objects, dayPrefix(place.workspace, place.day));
    const logs = await Promise.all(keys.map((key) => readLines(objects.get(key)!)));
    const line = logs[0]![0]!.replace(/"gid":"[^"]+"/, `"gid":"777${scene.random.int(1_000_000)}"`);
    await writeLog(objects, [...keys, segmentKey(place.workspace, place.day, keys.length + 1)], [...logs, [line]]);
  },
  "a look is put back as an earlier one of its day": ({ objects, random }) => {
    const later = below(objects, "coverage/").filter((key) => parseCoverageKey(key)!.number > 1);
    const key = someOf(random, later);
    const { workspace, day, number } = parseCoverageKey(key)!;
    objects.set(key, objects.get(coverageKey({ workspace, day, number: 1 + random.int(number - 1) }))!);
  },
  "a look says that it came to its end": (scene) => {
    const open = below(scene.objects, "coverage/").filter((key) => !parseEntry(scene.objects.get(key)!).complete);
    const key = someOf(scene.random, open);
    const entry = parseEntry(scene.objects.get(key)!);
    scene.objects.set(key, encodeEntry({ ...entry, complete: true, reason: null, unread: [] }));
    rechainLooks(scene.objects, key);
  },
  "two time stamps change places": (scene) => {
    const one = someKey(scene, "stamps/");
    const others = below(scene.objects, folderOf(one)).filter((key) => key !== one);
    const two = someOf(scene.random, others);
    const bytes = scene.objects.get(one)!;
    scene.objects.set(one, scene.objects.get(two)!);
    scene.objects.set(two, bytes);
  },
  "a time stamp is forged, or of another time": ({ objects, random }) => {
    const key = someKey({ objects, random }, "stamps/");
    const { workspace, seal } = parseStampKey(key)!;
    const digest = Buffer.from(sealHash(objects.get(sealKey(workspace, seal))!), "hex");
    const time = random.pick(["20200101000000Z", "20260512000000Z", "20991231000000Z"]);
    objects.set(key, timestampResponse(0, unsignedToken(timestampInfo({ digest, time }))));
  },
  "a gap is taken out of a seal, or put into one": (scene) => {
    const key = someKey(scene, "seals/");
    const { seal, signatures } = readSealFile(scene.objects.get(key)!);
    if (seal.day === null) return;
    const isOpen = seal.gaps.length > 0;
    const gap = { from: startOfDay(seal.day), until: endOfDay(seal.day), reason: "source-forgot" } as const;
    const second = toWholeSecond(endOfDay(seal.day));
    const changed: Seal = isOpen
      ? {
          ...seal,
          state: "complete",
          coverage: seal.coverage ?? { number: 1, sha256: "0".repeat(64) },
          looked: { began: second, ended: second },
          source: { seen: seal.size, had: seal.size, added: 0, gone: 0 },
          gaps: [],
        }
      : { ...seal, state: "incomplete", looked: null, source: null, gaps: [gap] };
    scene.objects.set(key, printSealFile(printSeal(changed), signatures));
  },
  "a late seal is taken away, and those after it made anew with a key of the attacker's": async (scene) => {
    const late = below(scene.objects, "seals/").filter(
      (key) => readSealFile(scene.objects.get(key)!).seal.kind === "late",
    );
    const { workspace, number } = parseSealKey(someOf(scene.random, late))!;
    const keys = below(scene.objects, sealsPrefix(workspace));
    for (let at = number - 1; at < keys.length - 1; at += 1)
      scene.objects.set(keys[at]!, scene.objects.get(keys[at + 1]!)!);
    scene.objects.delete(keys.at(-1)!);
    await resealFrom(scene.objects, workspace, number);
  },
  "the attacker says that the key was lost, and takes over": async (scene) => {
    const { workspace } = parseSealKey(someKey(scene, "seals/"))!;
    const deps = depsAt(scene.objects, "2026-05-20", { signer: scene.random.pick([testSigner(), ATTACKER]) });
    await changeSealingKey(deps, workspace, ATTACKER, "loss", NEVER);
  },
  "what is younger than some day is deleted everywhere": (scene) => {
    const { day } = parseCoverageKey(someKey(scene, "coverage/"))!;
    for (const [key, bytes] of [...scene.objects]) {
      const dated = /dt=([^/]+)/.exec(key)?.[1];
      const sealed = parseSealKey(key) === null ? null : readSealFile(bytes).seal.sealed.slice(0, 10);
      if ((dated ?? sealed ?? "") > day) scene.objects.delete(key);
    }
  },
  "a segment is put on another day, or in another workspace": ({ objects, random }) => {
    const segments = below(objects, "events/");
    const from = random.pick(segments);
    const to = random.pick(segments);
    if (parseSegmentKey(from)!.day === parseSegmentKey(to)!.day) return;
    objects.set(to, objects.get(from)!);
  },
};

/** The segments of a log with other lines, each naming the one before it. */
async function writeLog(objects: Objects, keys: readonly string[], logs: readonly string[][]): Promise<void> {
  let previous: Placement["previous"] = null;
  for (const [index, key] of keys.entries()) {
    const place = parseSegmentKey(key)!;
    const old = objects.get(key);
    const { writer, run } = old === undefined ? { writer: "0.1.0", run: "run-1" } : readHeader(old).manifest;
    const body = createBodyWriter(codec);
    const events = logs[index]!.map((line) => scanEvent(Buffer.from(line)));
    const placed = placeSegment(await fillBody(body, events), { ...place, previous, writer, run });
    objects.set(key, placed.bytes);
    previous = { manifestHash: placed.manifestHash, ...placed.manifest };
  }
}

/** Each look names the one before it. */
function rechainLooks(objects: Objects, key: string): void {
  const keys = below(objects, folderOf(key));
  for (const [index, one] of keys.entries()) {
    if (parseCoverageKey(one) === null || index === 0) continue;
    const entry = parseEntry(objects.get(one)!);
    objects.set(one, encodeEntry({ ...entry, prev: entryHash(objects.get(keys[index - 1]!)!) }));
  }
}

async function resealFrom(objects: Objects, workspace: string, first: number): Promise<void> {
  for (let number = first; objects.has(sealKey(workspace, number)); number += 1) {
    const key = sealKey(workspace, number);
    const { seal } = readSealFile(objects.get(key)!);
    const before = number === 1 ? undefined : objects.get(sealKey(workspace, number - 1));
    // A change of keys he cannot say anything about but that nothing happened.
    if (seal.kind === "key") return;
    objects.set(key, await signSeal({ ...seal, prev: before === undefined ? null : sealHash(before) }, ATTACKER));
  }
  const own = verifierKey(ATTACKER.keyName, ATTACKER.publicKey);
  objects.set(publicKeyKey(own.keyId), printPublicKeyFile(own));
}

export const digestOf = (objects: ReadonlyMap<string, Buffer>): string =>
  hash(
    "sha256",
    [...objects]
      .map(([key, bytes]) => `${key} ${sealHash(bytes)}`)
      .sort()
      .join("\n"),
    "hex",
  );
