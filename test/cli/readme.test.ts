/** The commands that the documents show are run as they stand, with a feed in Asana's place. */
import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory, runCli, startCli, startFeed } from "./run-cli.ts";
import { makeSealable, SEALED_GID } from "./sealed-folder.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Lines of the shell blocks that start the command line, as arguments. */
function commandsOf(document: string): string[][] {
  const text = readFileSync(join(ROOT, document), "utf8");
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
  const lines = blocks
    .flatMap((block) => block.split("\n"))
    .filter((line) => line.startsWith("npm run -s archive -- "));
  return lines.map((line) => line.slice("npm run -s archive -- ".length).replace(/ +# .*$/, "")).map(splitWords);
}

const splitWords = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

it("docs/cost.md shows the bill that its command prints", async () => {
  const { stdout } = await runCli(["cost", "--events-per-day", "25000", "--every", "10m", "--years", "7"]);
  const [bill = ""] = stdout.split("\n\n");
  expect(readFileSync(join(ROOT, "docs", "cost.md"), "utf8")).toContain(bill.trimEnd());
});

it("README's commands for a real workspace do what they say, in the order in which they stand", async () => {
  const { feed, flags, whenAsked } = await startFeed({ events: 500 });
  const directory = await makeDirectory();
  await writeFile(join(directory, "token"), "feed-token\n", { mode: 0o600 });
  const commands = commandsOf("README.md").slice(0, 7);
  expect(commands.map(([name]) => name)).toEqual(["drain", "rescan", "status", "verify", "query", "export", "drain"]);
  for (const command of commands) {
    const args = command.includes("--token-file") ? [...command, ...flags.slice(0, 2)] : command;
    const running = startCli(args, { cwd: directory, token: null });
    if (command.includes("--every")) {
      await whenAsked(feed.requests.length + 2);
      running.child.kill("SIGINT");
    }
    const { code, stderr } = await running.ended;
    expect({ command, code, stderr }).toMatchObject({ code: 0 });
  }
  const exported = await runCli(["export", "--archive", "./archive"], { cwd: directory });
  expect(exported.stdout.trimEnd().split("\n")).toHaveLength(500);
});

it("README's commands for seals do what they say, in the order in which they stand", async () => {
  const { folder, key, publicKey } = await makeSealable();
  await rm(key);
  await rm(publicKey);
  const commands = commandsOf("README.md").slice(7);
  expect(commands.map(([name]) => name)).toEqual(["keygen", "seal", "verify", "prove", "verify-proof"]);
  for (const command of commands) {
    const args = command.map((word) => (word === "1210000000133453" ? SEALED_GID : word));
    const { code, stderr } = await runCli(args, { cwd: folder, token: null });
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: expect.any(String) });
  }
});

it.each(["docs/desk.md", "docs/querying.md"])(
  "the commands of %s work, in the order in which they stand",
  async (document) => {
    const { folder, key, publicKey } = await makeSealable();
    await rm(key);
    await rm(publicKey);
    await writeFile(join(folder, "token"), "feed-token\n", { mode: 0o600 });
    const commands = commandsOf(document);
    expect(commands.length).toBeGreaterThan(2);
    for (const command of commands) {
      const { code, stderr } = await runCli(command, { cwd: folder, token: null });
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: expect.any(String) });
    }
  },
);

it("README's list of commands is that of the help", async () => {
  const text = readFileSync(join(ROOT, "README.md"), "utf8");
  const { stdout } = await runCli(["--help"]);
  const named = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  const helped = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(helped.sort());
});
