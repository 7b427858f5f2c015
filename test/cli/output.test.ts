import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createOutput, type OutputStyle } from "../../cli/output.ts";
import { noProgress } from "../../cli/progress.ts";
import { formatBytes, formatDuration, plural, renderTable, terminalSafe } from "../../cli/terminal.ts";
import { ArchiverError } from "../../lambda/errors.ts";

// What whoever runs the tests has set must not colour them.
beforeEach(() => {
  vi.stubEnv("FORCE_COLOR", undefined);
  vi.stubEnv("NO_COLOR", undefined);
});
afterEach(() => void vi.unstubAllEnvs());

const HOSTILE = "a\u001b[2J\u009b31m\u202eb\u0000";

it("nothing printed to a terminal can steer it, and JSON keeps its meaning", async () => {
  const line = `{"name":"x\u007f\u009b31m\u2028"}`;
  const onTerminal = await printed({ isTTY: true }, (output) => output.data(Buffer.from(`${line}\n`)));
  expect(onTerminal).toBe('{"name":"x\\u007f\\u009b31m\\u2028"}\n');
  expect(JSON.parse(onTerminal)).toEqual(JSON.parse(line));
});

it("data in a pipe stays as it is, byte for byte", async () => {
  const line = Buffer.from(`{"name":"x\u007f\u009b31m\u2028"}\n`);
  expect(await printed({}, (output) => output.data(line))).toBe(line.toString());
});

it("text for people has control characters as escapes, piped or not", async () => {
  const said = await printed({}, (output) => output.say(HOSTILE));
  expect(said).toBe("a\\u001b[2J\\u009b31m\\u202eb\\u0000\n");
  expect(renderTable([{ title: "name" }], [["two\nlines\tand a tab"]])).toBe("name\ntwo\\nlines\\tand a tab");
});

it("a table gives each character the columns that a terminal gives it", () => {
  const columns = [{ title: "name" }, { title: "n", align: "right" }] as const;
  const rows = [["名前", "1"], ["e\u0301", "23"], ["👩‍👩‍👧"], ["plain", ""]];
  expect(renderTable(columns, rows)).toBe("name    n\n名前    1\ne\u0301      23\n👩‍👩‍👧\nplain");
});

it("--quiet leaves results out and errors in; --json gives both as JSON", async () => {
  const error = new ArchiverError("refused", "the source says no", { advice: "Ask somebody.", status: 403 });
  const quiet = await both({ quiet: true }, (output) => {
    output.say("said");
    output.note("noted");
    output.fail(error, "12");
  });
  expect(quiet).toEqual({ stdout: "", stderr: "asana-audit-archive: 12: the source says no.\n  Ask somebody.\n" });
  const json = await both({ json: true }, (output) => {
    output.say("said");
    output.record({ archived: 1 });
    output.fail(error, "12");
  });
  expect(JSON.parse(json.stdout)).toEqual({ archived: 1 });
  expect(JSON.parse(json.stderr)).toEqual({
    workspace: "12",
    error: { kind: "refused", message: "the source says no", advice: "Ask somebody.", status: 403 },
  });
});

it("what means something has a colour on a terminal only, and what is data cannot add one", async () => {
  const fault = (output: ReturnType<typeof createOutput>) => output.say("fault \u001b[32m", "red");
  expect(await printed({ isTTY: true }, fault)).toBe("\u001b[31mfault \\u001b[32m\u001b[39m\n");
  expect(await printed({}, fault)).toBe("fault \\u001b[32m\n");
  vi.stubEnv("FORCE_COLOR", "1");
  expect(await printed({}, fault)).toBe("\u001b[31mfault \\u001b[32m\u001b[39m\n");
  vi.stubEnv("FORCE_COLOR", "0");
  expect(await printed({ isTTY: true }, fault)).toBe("fault \\u001b[32m\n");
});

it("an error shows where it came from only under --debug", async () => {
  const error = new ArchiverError("unavailable", "no", { advice: "Wait.", cause: new Error("the deeper reason") });
  expect((await both({}, (output) => output.fail(error))).stderr).not.toContain("the deeper reason");
  expect((await both({ debug: true }, (output) => output.fail(error))).stderr).toMatch(
    /caused by Error: the deeper reason/,
  );
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [12_345, "12 kB"],
  [999_600, "1.0 MB"],
  [5_800_000, "5.8 MB"],
])("%d bytes read as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, "0.0 s"],
  [9_940, "9.9 s"],
  [59_000, "59 s"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h 0 min"],
  [90_000_000, "1 d 1 h"],
])("%d ms read as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it("counts have separators, and one thing is not many", () => {
  expect([plural(1, "day"), plural(1_200, "day"), plural(2, "entry", "entries")]).toEqual([
    "1 day",
    "1,200 days",
    "2 entries",
  ]);
  expect(terminalSafe("tab\tand\nline")).toBe("tab\tand\nline");
});

it("a reader that is too slow is waited for once, however much is said meanwhile", async () => {
  const stdout = new PassThrough({ highWaterMark: 1 });
  const stderr = new PassThrough();
  const output = createOutput({ stdout, stderr }, { json: false, quiet: false, debug: false }, noProgress);
  const lines = Array.from({ length: 50 }, (_, n) => `line ${n}\n`);
  for (const line of lines) output.say(line.trimEnd());
  expect(stdout.listenerCount("drain")).toBe(1);
  const read = text(stdout);
  await output.data("last\n");
  stdout.end();
  expect(await read).toBe(`${lines.join("")}last\n`);
  expect(stdout.listenerCount("drain")).toBe(0);
});

type Use = (output: ReturnType<typeof createOutput>) => void | Promise<void>;

async function both(style: Partial<OutputStyle>, use: Use): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await use(createOutput({ stdout, stderr }, { json: false, quiet: false, debug: false, ...style }, noProgress));
  stdout.end();
  stderr.end();
  return { stdout: await text(stdout), stderr: await text(stderr) };
}

async function printed(how: { readonly isTTY?: boolean }, use: Use): Promise<string> {
  const [stdout, stderr] = [Object.assign(new PassThrough(), how), new PassThrough()];
  await use(createOutput({ stdout, stderr }, { json: false, quiet: false, debug: false }, noProgress));
  stdout.end();
  return await text(stdout);
}
