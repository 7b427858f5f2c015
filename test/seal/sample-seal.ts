/** The example of the format: three events of one day, sealed with the key of RFC 8032. */
import type { Instant } from "../../lambda/event/instant.ts";
import { verifierKey } from "../../lambda/seal/note.ts";
import { printSealFile } from "../../lambda/seal/seal-file.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import { printSeal, type Seal, type WholeSecond } from "../../lambda/seal/text.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { sha256 } from "../segment/forge.ts";
import { ARCHIVE_NAME } from "./signers.ts";

export const SAMPLE_LINES = ["1", "2", "3"].map((gid) =>
  Buffer.from(`{"gid":"${gid}","created_at":"2026-11-20T0${gid}:00:00.000Z"}`),
);

export const rootOfLines = (lines: readonly Buffer[]): Buffer => {
  const tree = createMerkleTree();
  for (const line of lines) tree.add(line);
  return tree.root();
};

export const sampleSeal: Seal = {
  archiveName: ARCHIVE_NAME,
  workspace: "1201",
  day: "2026-11-20",
  size: 3,
  root: rootOfLines(SAMPLE_LINES).toString("hex"),
  number: 1,
  prev: null,
  kind: "day",
  before: null,
  state: "complete",
  segments: 2,
  manifest: sha256(Buffer.from("manifest 2")),
  oldest: "2026-11-20T01:00:00.000Z" as Instant,
  newest: "2026-11-20T03:00:00.000Z" as Instant,
  coverage: { number: 1, sha256: sha256(Buffer.from("coverage 1")) },
  looked: { began: "2026-11-21T06:00:11Z" as WholeSecond, ended: "2026-11-21T06:00:14Z" as WholeSecond },
  source: { seen: 3, had: 3, added: 0, gone: 0 },
  gaps: [],
  again: [],
  stamps: [],
  keyChange: null,
  sealed: "2026-11-21T06:10:04Z" as WholeSecond,
  writer: "1.4.0",
};

/** The file that these signers make of a seal, in their order. */
export async function signSeal(seal: Seal, ...signers: readonly Signer[]): Promise<Buffer> {
  const text = printSeal(seal);
  const signatures = await Promise.all(
    signers.map(async (signer) => {
      const { keyName, keyId } = verifierKey(signer.keyName, signer.publicKey);
      return { keyName, keyId, signature: await signer.sign(Buffer.from(text)) };
    }),
  );
  return printSealFile(text, signatures);
}
