import { open } from "node:fs/promises";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { plainText } from "../../lambda/event/plain-text.ts";
import type { StampVerdict } from "../../lambda/seal/judge-stamps.ts";
import type { VerifierKey } from "../../lambda/seal/note.ts";
import {
  checkProof,
  type EventProof,
  MAX_PROOF_BYTES,
  ProofFileError,
  type ProofFinding,
  parseProof,
} from "../../lambda/seal/proof-file.ts";
import { readSealFile } from "../../lambda/seal/seal-file.ts";
import { SealTextError } from "../../lambda/seal/text.ts";
import { fileError } from "../../lambda/stores/file-errors.ts";
import { collect } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, type ExitCode, misused } from "../exit.ts";
import { checkProofStamp } from "../seal/proof-stamp.ts";
import { readKey } from "../seal/public-key.ts";
import { formatCount, wrapBeside } from "../terminal.ts";

interface VerifyProofOptions {
  readonly key?: readonly string[];
  readonly stamp?: string;
  readonly chain?: readonly string[];
  readonly tsaCa?: string;
}

export const verifyProofCommand = defineCommand<VerifyProofOptions>(
  (command) =>
    command
      .argument("[file]", "a proof that prove made")
      .option("--key <vkey|file>", "public key that may have signed the seal, or its file; repeatable", collect)
      .option("--stamp <file>", "a time stamp of the proof's seal, or of a later one (see --chain)")
      .option("--chain <file>", "the seal after the proof's; repeatable, in order, up to the stamped one", collect)
      .option("--tsa-ca <file>", "root certificates (PEM) of the authority that stamped")
      .addHelpText(
        "after",
        "\nExit code 0: the proof holds, and so does the stamp, if one is given. 1: one of\n" +
          "them is false. 2: it cannot be told, because a key or root certificate was not\n" +
          "given, or another than the one that signed; or the file is no proof.",
      ),
  async ({ key = [], stamp, chain = [], tsaCa }, session, file) => {
    if (file === undefined) throw misused("No proof is named.", "Give the file that prove made.");
    if (stamp === undefined && (chain.length > 0 || tsaCa !== undefined))
      throw misused("--chain and --tsa-ca are about a time stamp.", "Give its file with --stamp.");
    const keys: VerifierKey[] = [];
    for (const given of key) keys.push(await readKey(given));
    const bytes = await readBeginning(file);
    let proof: EventProof;
    try {
      proof = parseProof(bytes);
    } catch (error) {
      if (!(error instanceof ProofFileError)) throw error;
      if (error.kind === "foreign")
        throw misused(`${file} cannot be read: ${error.message}.`, "Give the file that prove made, unchanged.");
      return sayFinding({ kind: "false", why: `the proof cannot be read: ${error.message}` }, null, null, session);
    }
    const given = stamp === undefined ? null : { stamp, chain, ...(tsaCa !== undefined && { tsaCa }) };
    const verdict = given && (await checkProofStamp(given, proof.seal));
    return sayFinding(together(checkProof(proof, keys), verdict), proof, verdict, session);
  },
);

/** Both together are no better than the worse of the two. */
function together(finding: ProofFinding, stamp: StampVerdict | null): ProofFinding {
  if (stamp === null || stamp.kind === "good" || finding.kind === "false") return finding;
  if (stamp.kind === "bad") return { kind: "false", why: `the time stamp does not hold: ${stamp.reason}` };
  if (finding.kind === "cannot-tell") return finding;
  return { kind: "cannot-tell", why: `the proof holds, but who made the time stamp was not checked: ${stamp.reason}` };
}

/** One byte more than a proof may have, so that a longer file is seen to be none. */
async function readBeginning(path: string): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(MAX_PROOF_BYTES + 1);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, null);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

const OUTCOMES = {
  holds: { word: "GOOD", code: EXIT.done },
  false: { word: "BAD", code: EXIT.checkFailed },
  "cannot-tell": { word: "CANNOT TELL", code: EXIT.misused },
} as const;

function sayFinding(
  finding: ProofFinding,
  proof: EventProof | null,
  stamp: StampVerdict | null,
  { output }: Session,
): ExitCode {
  const { word, code } = OUTCOMES[finding.kind];
  const claim = finding.kind === "false" || proof === null ? null : claimOf(proof);
  const why = finding.kind === "holds" ? null : finding.why;
  output.record({ outcome: finding.kind, why, ...claim, ...(stamp && { stamp }) });
  if (finding.kind === "holds")
    output.say(`${word}  event ${claim!.gid} is one of ${formatCount(claim!.size)} that were sealed, unchanged.`);
  else output.say(wrapBeside(`${word}  `, `${why}.`), finding.kind === "false" ? "red" : "bold");
  if (claim !== null) {
    const { gid, createdAt, workspace, day, size, archiveName, seal, sealed, sealSha256, keyId } = claim;
    const trust = finding.kind === "holds" ? "given by you" : "not given: ask whoever vouches for it, then use --key";
    output.say("");
    output.say(`  event      ${plainText(gid)}`);
    output.say(`  time       ${createdAt ?? "none that can be read"}`);
    output.say(`  workspace  ${workspace} of ${archiveName}`);
    output.say(`  day        ${day}, ${formatCount(size)} events when it was sealed`);
    output.say(`  seal       ${seal}, made ${sealed}, SHA-256`);
    output.say(`             ${sealSha256}`);
    output.say(`  key        ${keyId}, ${trust}`);
  }
  if (claim !== null && stamp !== null && stamp.kind !== "bad") {
    const by = stamp.kind === "good" ? stamp.authority : `${stamp.authority}, not checked: give its root as --tsa-ca`;
    output.say(
      wrapBeside("  existed    ", `on ${stamp.genTime.slice(0, 10)} ${stamp.genTime.slice(11, 19)} UTC, says ${by}`),
    );
  }
  if (finding.kind === "holds") {
    output.say("");
    const age = stamp === null ? ", and when it was really sealed" : "";
    output.say(`Not shown by a proof: that the archive is whole${age}.`);
  }
  return code;
}

/** What the proof says, for which the key vouches or not. Null: its seal is of a version that is not known here. */
function claimOf({ line, seal }: EventProof) {
  try {
    const { seal: text, sha256, signatures } = readSealFile(seal);
    const { id, at } = scanEvent(line);
    const { workspace, day, size, archiveName, number, sealed } = text;
    const keyId = signatures[0]!.keyId;
    const event = { gid: id, createdAt: at, line: line.toString("utf8") };
    return { ...event, workspace, day, size, archiveName, seal: number, sealed, sealSha256: sha256, keyId };
  } catch (error) {
    if (error instanceof SealTextError) return null;
    throw error;
  }
}
