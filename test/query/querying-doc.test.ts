import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { makeDirectory, runCli } from "../cli/run-cli.ts";
import { makeSample, writeSample } from "./sample-archive.ts";

it("the commands of docs/querying.md do what they say", async () => {
  const page = await readFile(join(import.meta.dirname, "../../docs/querying.md"), "utf8");
  const directory = await makeDirectory();
  await writeSample(createDirectoryArchive(join(directory, "archive")), makeSample());
  const [, block = ""] = /^```sh\n(.*?)^```/ms.exec(page) ?? [];
  const commands = block.trimEnd().split("\n");
  expect(commands.length).toBeGreaterThanOrEqual(5);
  for (const command of commands) {
    const [, words = ""] = /^npm run -s archive -- ([^#]*)/.exec(command) ?? [];
    const args = [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    const { code, stdout, stderr } = await runCli(args, { cwd: directory });
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
    expect(stdout.split("\n").length).toBeGreaterThan(5);
  }
});
