import { expect, it } from "vitest";
import { dayFromNow, makeDirectory, runCli, startFeed } from "./run-cli.ts";

it.each([
  [["rescan", "--day", "2025-01-01"], "no longer shows this window: it keeps events for 90 days"],
  [["rescan", "--from", "2024-01-01", "--to", "2025-01-01"], "no longer shows this window"],
  [["drain", "--from", "2024-01-01", "--to", "2025-01-01"], "no longer shows this window"],
  [["rescan", "--day", dayFromNow(10)], "lies in the future"],
  [["drain", "--from", dayFromNow(10)], "lies in the future"],
])("%j is refused, since the source shows nothing of its window: %s", async (command, message) => {
  const { flags } = await startFeed({ events: 20 });
  const { code, stdout, stderr } = await runCli([...command, ...flags, "--archive", await makeDirectory()]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).toContain("Nothing was looked at.");
});

it.each([
  [["--from", "2024-01-01"], /the source may show nothing before 20\d\d-\d\d-\d\d/],
  [["--last", "200d"], /the source may show nothing before 20\d\d-\d\d-\d\d/],
  [
    ["--from", dayFromNow(-2), "--to", dayFromNow(2)],
    /what happens after 20.*, within this window, is still to be read/,
  ],
])("rescan %j says which part of its window the source cannot show", async (window, message) => {
  const { flags } = await startFeed({ events: 20 });
  const { code, stdout, stderr } = await runCli(["rescan", ...window, ...flags, "--archive", await makeDirectory()]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("20 events archived") });
  expect(stderr).toMatch(message);
});
