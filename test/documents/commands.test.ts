/** Every command that a document shows is run by a test, or needs what no test has: an account, a registry, a person's shell. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DOCUMENT_PATHS, ROOT } from "./parts.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Documents whose commands one test takes out of them and runs. */
const RUN_AS_THEY_STAND: Readonly<Record<string, string>> = {
  "README.md": "test/cli/readme.test.ts",
  "docs/desk.md": "test/cli/readme.test.ts",
  "docs/querying.md": "test/cli/readme.test.ts",
  "docs/verify-by-hand.md": "test/documents/verify-by-hand.test.ts",
};

/** What needs more than a test has, by its beginning, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "aws ": "an account",
  'read -rs T && printf %s "$T" | aws ': "an account",
  "npx cdk ": "an account; test/aws runs the same against an emulator",
  "export AWS_": "an account",
  "BUS=": "an account",
  "ROLE=": "an account",
  "npx node infra/checks/live.ts": "an account",
  "npm install asana-audit-archive": "the registry; test/package installs the packed file",
  "npx asana-audit-archive template": "the registry; test/package runs the installed program so",
  "git pull && npm ci": "a remote, and an account",
  "npm ci": ".ci/run runs it",
  "npm start": ".ci/run runs it",
  "npm test": ".ci/run runs it",
  "source <(asana-audit-archive completion": "a shell of somebody's; test/cli/completion.test.ts does that",
  "asana-audit-archive completion fish": "a shell of somebody's; test/cli/completion.test.ts does that",
  "zcat archive/": "jq, which is not everywhere",
  "node -p ": "a policy of somebody's; test/infra reads the file that it shortens",
};

/** The lines of shell blocks that begin a command. */
const commandsIn = (document: string): string[] =>
  [...read(document).matchAll(/^ *```sh\n(.*?)^ *```/gms)].flatMap(([, block = ""]) =>
    block
      .replaceAll(/\\\n\s*/g, "")
      .replaceAll(/'[^']*'/g, (quoted) => quoted.replaceAll("\n", " "))
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  );

it.each(DOCUMENT_PATHS)("%s", (document) => {
  const isRun = (line: string) =>
    Object.hasOwn(RUN_AS_THEY_STAND, document) && !/^(npx|npm (ci|start|test)|aws)\b/.test(line);
  const why = (line: string) => Object.keys(NOT_RUN).find((beginning) => line.startsWith(beginning));
  const neither = commandsIn(document).filter((line) => why(line) === undefined && !isRun(line));
  expect(neither).toEqual([]);
});

it("names no test that does not read the document, and no reason that no command needs", () => {
  for (const [document, test] of Object.entries(RUN_AS_THEY_STAND))
    expect(read(test)).toContain(document.split("/").at(-1));
  const all = DOCUMENT_PATHS.flatMap(commandsIn);
  expect(Object.keys(NOT_RUN).filter((beginning) => !all.some((line) => line.startsWith(beginning)))).toEqual([]);
});
