/**
 * The archive of docs/verify-by-hand.md: one day with three events and a quiet one, sealed with the key of RFC 8032. Stored
 * and not compressed, so that it has the same bytes, hashes and signatures on every machine.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, encodeEntry, entryHash } from "../../lambda/coverage/entry.ts";
import { createEvent } from "../../lambda/event/event.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { printVerifierKey, verifierKey } from "../../lambda/seal/note.ts";
import { printProof } from "../../lambda/seal/proof-file.ts";
import { sealHash } from "../../lambda/seal/seal-file.ts";
import { sealKey } from "../../lambda/seal/seal-key.ts";
import { stampKey } from "../../lambda/seal/stamp-key.ts";
import { EMPTY_ROOT, type Seal, type WholeSecond } from "../../lambda/seal/text.ts";
import { createBodyWriter, type PlacedSegment, placeSegment } from "../../lambda/segment/body.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { createOpensslAuthority } from "../fakes/openssl-authority.ts";
import { timestampInfo } from "../fakes/timestamp-answer.ts";
import { SAMPLE_LINES, sampleSeal, signSeal } from "../seal/sample-seal.ts";
import { testSigner } from "../seal/signers.ts";
import { fillBody } from "../segment/sample.ts";
import { storedCodec } from "../simulation/stored-codec.ts";

const WORKSPACE = "1201";
const [DAY, QUIET_DAY] = ["2026-11-20", "2026-11-21"];

export async function writeExampleArchive(folder: string): Promise<void> {
  const write = async (key: string, bytes: string | Buffer) => {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), bytes);
  };
  const signer = testSigner();
  const first = await makeSegment(1, SAMPLE_LINES.slice(0, 2), null);
  const second = await makeSegment(2, SAMPLE_LINES.slice(2), first);
  for (const { key, bytes } of [first, second]) await write(key, bytes);

  const busyEntry = encodeEntry({ ...entry, segments: 2, manifest: second.manifestHash });
  const quietEntry = encodeEntry({ ...entry, ...nothing, day: QUIET_DAY });
  await write(coverageKey({ workspace: WORKSPACE, day: DAY, number: 1 }), busyEntry);
  await write(coverageKey({ workspace: WORKSPACE, day: QUIET_DAY, number: 1 }), quietEntry);

  const sealed = { ...sampleSeal, coverage: { number: 1, sha256: entryHash(busyEntry) } };
  const seal = await signSeal({ ...sealed, manifest: second.manifestHash }, signer);
  const quietSeal: Seal = {
    ...sampleSeal,
    ...{ day: QUIET_DAY, number: 2, prev: sealHash(seal), coverage: { number: 1, sha256: entryHash(quietEntry) } },
    ...{ size: 0, root: EMPTY_ROOT, segments: 0, manifest: null, oldest: null, newest: null },
    looked: { began: "2026-11-22T06:00:09Z" as WholeSecond, ended: "2026-11-22T06:00:10Z" as WholeSecond },
    source: { seen: 0, had: 0, added: 0, gone: 0 },
    sealed: "2026-11-22T06:10:03Z" as WholeSecond,
  };
  await write(sealKey(WORKSPACE, 1), seal);
  await write(sealKey(WORKSPACE, 2), await signSeal(quietSeal, signer));

  await write("archive.vkey", `${printVerifierKey(verifierKey(signer.keyName, signer.publicKey))}\n`);
  const tree = createMerkleTree(1);
  for (const line of SAMPLE_LINES) tree.add(line);
  await write("2.tlog-proof", printProof({ line: SAMPLE_LINES[1]!, index: 1, path: tree.path(), seal }));
  await copyFile(join(import.meta.dirname, "../../docs/verify_by_hand.py"), join(folder, "verify_by_hand.py"));

  const authority = createOpensslAuthority(join(folder, "authority"));
  authority.issue("Example authority");
  const digest = Buffer.from(sealHash(seal), "hex");
  const stamp = authority.sign(timestampInfo({ digest, time: "20261122062041Z" }), "Example authority");
  await write(stampKey({ workspace: WORKSPACE, seal: 1, authority: 1 }), stamp);
  await write("root.pem", authority.pem("root"));
}

async function makeSegment(number: number, lines: readonly Buffer[], previous: PlacedSegment | null) {
  const events = lines.map((line) => {
    const { gid, created_at } = JSON.parse(line.toString()) as { gid: string; created_at: string };
    return createEvent(gid, created_at, line);
  });
  const body = await fillBody(createBodyWriter(storedCodec), events);
  const place = { workspace: WORKSPACE, day: DAY, number, writer: "1.4.0", run: "example" };
  const end = previous && { manifestHash: previous.manifestHash, ...previous.manifest };
  return placeSegment(body, { ...place, previous: end });
}

const entry: CoverageEntry = {
  format: 1,
  workspace: WORKSPACE,
  day: DAY,
  number: 1,
  prev: null,
  purpose: "settled",
  run: "example",
  writer: "1.4.0",
  began: "2026-11-21T06:00:11.000Z" as Instant,
  ended: "2026-11-21T06:00:14.000Z" as Instant,
  requests: 2,
  complete: true,
  reason: null,
  unread: [],
  seen: 3,
  had: 3,
  added: 0,
  gone: 0,
  goneIds: [],
  conflicts: 0,
  odd: 0,
  segments: 0,
  manifest: null,
};
const nothing = {
  began: "2026-11-22T06:00:09.000Z" as Instant,
  ended: "2026-11-22T06:00:10.000Z" as Instant,
  requests: 1,
  seen: 0,
  had: 0,
};
