/** A shell completes commands, options, values and questions as they are: the script is made from the definitions. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { COMMANDS } from "../../cli/commands.ts";
import { loadQuestions } from "../../sql/questions.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

const QUESTIONS = loadQuestions().map(({ name }) => name);

/** What is typed, and what a shell is to offer for its last word. */
const OFFERS: readonly (readonly [string, readonly string[]])[] = [
  ["dr", ["drain"]],
  ["", [...Object.keys(COMMANDS), "help"]],
  ["help ver", ["verify", "verify-proof"]],
  ["drain --arch", ["--archive"]],
  ["drain --archive x --batch-mi", ["--batch-mib", "--batch-minutes"]],
  ["ask exp", ["exports"]],
  ["ask ", QUESTIONS],
  ["export --format ", ["csv", "ndjson", "xlsx"]],
  ["drain --every ", []],
  ["completion ", ["bash", "fish", "zsh"]],
];

async function writeScript(shell: string): Promise<{ readonly folder: string; readonly script: string }> {
  const { code, stdout } = await runCli(["completion", shell]);
  expect(code).toBe(0);
  const folder = await makeDirectory();
  const script = join(folder, shell);
  await writeFile(script, stdout);
  await writeFile(join(folder, "two words.txt"), "");
  return { folder, script };
}

const isInstalled = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

function run(shell: string, args: readonly string[], cwd: string): string[] {
  const { status, stdout, stderr } = spawnSync(shell, args, {
    encoding: "utf8",
    timeout: 60_000,
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}

const plainWords = (words: readonly string[]): string[] => words.filter((word) => !word.startsWith("-")).sort();
const sameWords = (offered: readonly string[], wanted: readonly string[]): void => {
  if (wanted.every((word) => word.startsWith("-"))) expect([...offered].sort()).toEqual([...wanted].sort());
  else expect(plainWords(offered)).toEqual([...wanted].sort());
};

it("bash completes", async (test) => {
  if (!isInstalled("bash")) return test.skip("there is no bash");
  const { folder, script } = await writeScript("bash");
  const offer = (typed: string): string[] => {
    const words = ["asana-audit-archive", ...typed.split(" ")];
    const line = words.map((word) => `'${word}'`).join(" ");
    const play = `source ${script}; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _asana_audit_archive; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run("bash", ["--norc", "-c", play], folder);
  };
  for (const [typed, wanted] of OFFERS) sameWords(offer(typed), wanted);
  expect(offer("drain --token-file two")).toEqual(["two words.txt"]);
});

it("fish completes", async (test) => {
  if (!isInstalled("fish")) return test.skip("there is no fish");
  const { folder, script } = await writeScript("fish");
  const offer = (typed: string): string[] =>
    run(
      "fish",
      ["--no-config", "-c", `source ${script}; complete -C ${JSON.stringify(`asana-audit-archive ${typed}`)}`],
      folder,
    ).map((line) => line.split("\t")[0] ?? "");
  for (const [typed, wanted] of OFFERS) sameWords(offer(typed), wanted);
  expect(offer("drain --token-file two")).toEqual(["two words.txt"]);
});

it("zsh completes", async (test) => {
  if (!isInstalled("zsh")) return test.skip("there is no zsh");
  const { folder, script } = await writeScript("zsh");
  // Only an interactive shell completes: one in a terminal of its own is typed to, and shows what it makes of each line.
  const typed = OFFERS.filter(([, wanted]) => wanted.length === 1);
  const play = `
    zmodload zsh/zpty
    zpty -b shell zsh -f -i
    zpty -w shell 'PS1=; autoload -Uz compinit && compinit -u -D; source ${script}; print READY'
    zpty -r -m shell text '*READY*READY*'
    ${typed.map(([line, [wanted]]) => `zpty -w -n shell $'asana-audit-archive ${line}\\t'; zpty -r -m shell text '*asana-audit-archive *${wanted} *'; print -r -- '${wanted}'; zpty -w -n shell $'\\025'`).join("\n    ")}
    zpty -d shell`;
  expect(run("zsh", ["-f", "-c", play], folder)).toEqual(typed.flatMap(([, wanted]) => wanted));
});

it.each(["bash", "zsh", "fish"])(
  "the script for %s names every command, every option and every question",
  async (shell) => {
    const { stdout } = await runCli(["completion", shell]);
    for (const word of [...Object.keys(COMMANDS), ...QUESTIONS]) expect(stdout).toContain(word);
    for (const option of ["archive", "overlap-minutes", "own-domains", "late-rate"]) expect(stdout).toContain(option);
  },
);

it("another shell is refused with the names of those that there are", async () => {
  for (const args of [["tcsh"], []]) {
    const { code, stdout, stderr } = await runCli(["completion", ...args]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining("shell") });
  }
});
