/** docs/verify-by-hand.md does what it says: its commands are run, in their order, over the archive that it is about. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printVerifierKey, verifierKey } from "../../lambda/seal/note.ts";
import { hasOpenssl } from "../fakes/openssl-authority.ts";
import { hasPython } from "../interop/programs.ts";
import { testSigner } from "../seal/signers.ts";
import { writeExampleArchive } from "./example-archive.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/verify-by-hand.md"), "utf8");
/** A block of commands, and what it prints if a block of text follows. */
const BLOCKS = [...PAGE.matchAll(/^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map(
  ([, commands = "", printed]) => ({ commands, printed }),
);
const DAY = "events/workspace=1201/dt=2026-11-20";
const SEAL = "seals/workspace=1201/000001.txt";
const SEGMENTS = [`${DAY}/000001.ndjson.gz`, `${DAY}/000002.ndjson.gz`];
/** Prints where a file can have a bit changed and the check holds all the same. */
const FLIP_EACH_BYTE = `
import sys
from verify_by_hand import CHECKS, attempt, read
command, vkey, *paths = sys.argv[1:]
key, files = read(vkey).decode(), [read(path) for path in paths]
for number, whole in enumerate(files):
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        given = [*files[:number], bytes(changed), *files[number + 1:]]
        if attempt(CHECKS[command], key, *given)[0]:
            print(paths[number], at)
`;
const areHere = [hasOpenssl(), hasPython()].every(Boolean);

describe.skipIf(!areHere)("by hand", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "by-hand-"));
    await writeExampleArchive(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("every command of the page works, and prints what the page says", () => {
    expect(BLOCKS.length).toBeGreaterThan(6);
    for (const { commands, printed } of BLOCKS) {
      const shell = ["-euo", "pipefail", "-c", commands];
      const output = execFileSync("bash", shell, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      if (printed !== undefined) expect(`${commands}${output}`).toBe(`${commands}${printed}`);
    }
  });

  const python = (...args: string[]) => {
    const { status, stdout } = spawnSync("python3", ["-B", "verify_by_hand.py", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return { status, stdout: stdout.trim() };
  };
  const checks: readonly (readonly [command: string, ...files: string[]])[] = [
    ["seal", SEAL],
    ["day", SEAL, ...SEGMENTS],
    ["proof", "2.tlog-proof"],
  ];

  it.each(checks)(
    "%s of the Python file is false for another key, and for each file with a bit changed",
    (command, ...files) => {
      const { keyName, publicKey } = testSigner(1);
      const key = printVerifierKey(verifierKey(keyName, publicKey));
      expect(python(command, "archive.vkey", ...files)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^OK /),
      });
      expect(python(command, key, ...files)).toMatchObject({ status: 1, stdout: expect.stringMatching(/^BAD /) });
      const run = { cwd: folder, encoding: "utf8" } as const;
      expect(execFileSync("python3", ["-B", "-c", FLIP_EACH_BYTE, command, "archive.vkey", ...files], run)).toBe("");
    },
  );

  it("a day is false with a segment missing, twice, in another order, or with something behind its end", () => {
    const [first, second] = SEGMENTS as [string, string];
    writeFileSync(
      join(folder, "longer"),
      Buffer.concat([readFileSync(join(folder, second)), readFileSync(join(folder, first))]),
    );
    const wrong = [[first], [second], [second, first], [first, second, second], [first, first], [first, "longer"], []];
    for (const segments of wrong)
      expect({ segments, ...python("day", "archive.vkey", SEAL, ...segments) }).toMatchObject({ segments, status: 1 });
  });

  it("a quiet day needs no segment, and a call without a command prints how to make one", () => {
    const quiet = python("day", "archive.vkey", "seals/workspace=1201/000002.txt");
    expect(quiet.stdout).toBe("OK  0 events in 0 segments are those of archive.example.com/asana/1201/2026-11-21");
    expect(python()).toMatchObject({ status: 1, stdout: "" });
  });
});
