/** The token is in nothing that the command line prints or writes, however a run ends and however talkative it is. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FeedFault } from "../../feed/faults.ts";
import { makeDirectory, runCli, startFeed } from "./run-cli.ts";

const CANARY = "1/1200000000000000:c4na7yc4na7yc4na7yc4na7yc4na7y00";

const always = (fault: FeedFault) => ({ faults: { script: [{ request: 1, times: 1000, fault }] } });

it.each([
  ["all is well", {}],
  ["the token is refused", { tokens: { other: "full" } }],
  [
    "the source repeats it in an error",
    always({ kind: "status", status: 400, body: "json", message: `no: ${CANARY}` }),
  ],
  ["the source repeats it in a page", always({ kind: "text", text: `<html>Bearer ${CANARY}</html>` })],
  ["the source redirects", always({ kind: "redirect", location: `https://attacker.example/?${CANARY}` })],
  ["the source breaks off", always({ kind: "cut" })],
  ["the source fails", always({ kind: "server-error" })],
] as const)("when %s", async (_, options) => {
  const { flags } = await startFeed({ events: 20, tokens: { [CANARY]: "full" }, ...options });
  const archive = await makeDirectory();
  for (const style of [["--debug"], ["--debug", "--json"]]) {
    for (const command of [["drain", "--archive", archive], ["fetch"]]) {
      const { stdout, stderr } = await runCli([...command, ...flags, "--attempts", "2", ...style], { token: CANARY });
      expect(`${stdout}${stderr}`).not.toContain(CANARY.slice(-12));
    }
  }
  const names = (await readdir(archive, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const { parentPath, name } of names) {
    expect((await readFile(join(parentPath, name))).includes(CANARY.slice(-12))).toBe(false);
  }
});
