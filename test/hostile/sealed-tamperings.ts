/** What somebody who may write, and knows the formats, does to a sealed archive. The seals' keys he does not have. */
import { hash } from "node:crypto";
import type { Random } from "../../feed/random.ts";
import { parseCoverageKey } from "../../lambda/coverage/coverage-key.ts";
import { encodeEntry, entryHash, parseEntry } from "../../lambda/coverage/entry.ts";
import { printPublicKeyFile, verifierKey } from "../../lambda/seal/note.ts";
import { printSealFile, readSealFile, sealHash } from "../../lambda/seal/seal-file.ts";
import { parseSealKey, publicKeyKey, sealKey } from "../../lambda/seal/seal-key.ts";
import { printSeal } from "../../lambda/seal/text.ts";
import { parseSegmentKey } from "../../lambda/segment/key.ts";
import { signSeal } from "../seal/sample-seal.ts";
import { testSigner } from "../seal/signers.ts";
import type { Objects } from "./real-archive.ts";
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

/** Of every kind equally often, since there are few keys and stamps, and many seals. */
function someKey({ objects, random }: Pick<Scene, "objects" | "random">, prefix = somePrefix(objects, random)): string {
  return random.pick(below(objects, prefix));
}

const somePrefix = (objects: Objects, random: Random): string =>
  random.pick(PREFIXES.filter((prefix) => below(objects, prefix).length > 0));

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
    const prefix = random.pick(PREFIXES.filter((one) => one !== "keys/" && below(objects, one).length > 0));
    const keys = below(objects, folderOf(someKey({ objects, random }, prefix)));
    const next = keys.at(-1)!.replace(/\d{6}(?=\.)/, (number) => String(Number(number) + 1).padStart(6, "0"));
    objects.set(next, objects.get(random.pick(keys))!);
  },
  "an object of another archive is put in its place": ({ objects, random, other }) => {
    const shared = [...objects.keys()].filter((key) => other.objects.get(key)?.equals(objects.get(key)!) === false);
    if (shared.length === 0) return;
    const key = random.pick(shared.sort());
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
    const workspace = parseSealKey(random.pick(below(objects, "seals/")))!.workspace;
    await resealFrom(objects, workspace, 1);
  },
  "the last seals are made anew with a key of the attacker's": async ({ objects, random }) => {
    const { workspace, number } = parseSealKey(random.pick(below(objects, "seals/")))!;
    await resealFrom(objects, workspace, number);
  },
  "a public key is replaced by another": ({ objects, random }) => {
    const key = random.pick(below(objects, "keys/"));
    objects.set(key, printPublicKeyFile(verifierKey(ATTACKER.keyName, ATTACKER.publicKey)));
  },
  "a segment is put on another day, or in another workspace": ({ objects, random }) => {
    const segments = below(objects, "events/");
    const from = random.pick(segments);
    const to = random.pick(segments);
    if (parseSegmentKey(from)!.day === parseSegmentKey(to)!.day) return;
    objects.set(to, objects.get(from)!);
  },
};

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
