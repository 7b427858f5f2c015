/** A start takes as long as what it loads: each command loads what it needs, and nothing else. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { COMMANDS } from "../../cli/commands.ts";
import { makeDirectory, runProcess, startFeed } from "./run-cli.ts";

const LISTER = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  process.on("exit", () => process.stderr.write(loaded.map((url) => "loaded " + url + "\\n").join("")));
`;
const nodeFlags = ["--import", `data:text/javascript,${encodeURIComponent(LISTER)}`];

async function loadedBy(args: readonly string[]): Promise<{ readonly code: number | null; readonly urls: string[] }> {
  const { code, stderr } = await runProcess(args, { nodeFlags });
  return { code, urls: [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url = ""]) => url) };
}

const commandsIn = (urls: readonly string[]): string[] =>
  urls.flatMap((url) => /\/cli\/commands\/(.*)\.ts$/.exec(url)?.[1] ?? []);

const HEAVY = /@aws-sdk|@smithy|@duckdb|cli-progress|\/feed\//;

it("help and the version load no command", async () => {
  for (const args of [["--help"], ["help"], ["--version"]]) {
    const { code, urls } = await loadedBy(args);
    expect({ args, code, commands: commandsIn(urls) }).toEqual({ args, code: 0, commands: [] });
    expect(urls.filter((url) => /\/lambda\/(drain|archive|source)\//.test(url))).toEqual([]);
  }
});

it("a command loads itself, and neither DuckDB, nor the AWS SDK, nor the simulated feed, nor a progress bar", async () => {
  const { flags } = await startFeed({ events: 10 });
  const archive = join(await makeDirectory(), "archive");
  for (const args of [
    ["drain", ...flags, "--archive", archive],
    ["rescan", ...flags, "--archive", archive, "--last", "1h"],
    ["doctor", ...flags, "--archive", archive],
    ["status", "--archive", archive],
    ["verify", "--archive", archive],
    ["export", "--archive", archive],
    ["ask"],
    ["help", "query"],
  ]) {
    const { code, urls } = await loadedBy(args);
    const name = args.find((word) => Object.hasOwn(COMMANDS, word));
    expect({ args, code, commands: commandsIn(urls) }).toEqual({ args, code: 0, commands: [name] });
    expect(urls.filter((url) => HEAVY.test(url))).toEqual([]);
  }
});

it("each command has a file of its name, and each file is a command", async () => {
  const files = await readdir(join(import.meta.dirname, "..", "..", "cli", "commands"));
  expect(files.map((file) => file.replace(/\.ts$/, "")).sort()).toEqual(Object.keys(COMMANDS).sort());
});
