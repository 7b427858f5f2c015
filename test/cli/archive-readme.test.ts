/** An archive on a disk says itself what it is, to whoever finds it without any of our documents. */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { makeDirectory, runCli, startFeed } from "./run-cli.ts";

async function newArchive() {
  const { flags } = await startFeed({ events: 300 });
  const archive = join(await makeDirectory(), "archive");
  return { archive, drain: ["drain", ...flags, "--archive", archive], file: join(archive, "README.txt") };
}

it("the first drain writes README.txt, for the owner alone, and verify finds nothing wrong with it", async () => {
  const { archive, drain, file } = await newArchive();
  expect(await runCli(drain)).toMatchObject({ code: 0 });
  const text = await readFile(file, "utf8");
  for (const word of ["Asana's audit log", "DO NOT EDIT", "gzip -dc", "verify", ODD_DAY]) expect(text).toContain(word);
  for (const line of text.split("\n")) expect(line).toMatch(/^[\x20-\x7e]{0,80}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(archive)).sort()).toEqual([".incoming", "README.txt", "checkpoint", "events"]);
  expect(await runCli(["verify", "--archive", archive])).toMatchObject({ code: 0 });
});

it("the way of reading that it shows gives every event of a day", async () => {
  const { archive, drain, file } = await newArchive();
  await runCli(drain);
  const command = /^ {4}(gzip -dc .*)$/m.exec(await readFile(file, "utf8"))?.[1] ?? "";
  const shown = execFileSync("sh", ["-c", command.replace(/dt=[\d-]+/, "dt=*")], { cwd: archive, encoding: "utf8" });
  expect(shown).toBe((await runCli(["export", "--archive", archive])).stdout);
});

it("it is never written again: not over what somebody wrote, nor where somebody deleted it", async () => {
  const { archive, drain, file } = await newArchive();
  await mkdir(archive);
  await writeFile(file, "ours");
  expect(await runCli(drain)).toMatchObject({ code: 0 });
  expect(await readFile(file, "utf8")).toBe("ours");
  await rm(file);
  expect(await runCli([...drain, "--from", "2000-01-01"])).toMatchObject({ code: 0 });
  expect(await readdir(archive)).not.toContain("README.txt");
});

it("a run that archives nothing writes none, and leaves no folder behind that was not there", async () => {
  const { archive, drain } = await newArchive();
  expect(await runCli(drain, { token: "wrong" })).toMatchObject({ code: 3 });
  expect(await readdir(join(archive, ".."))).not.toContain("README.txt");
  expect(await readdir(archive).catch(() => [])).not.toContain("README.txt");
});
