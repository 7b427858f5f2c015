/** `doctor` at a desk, as a process: what it looks at, what it says, what it ends with, and what it leaves behind. */
import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { DoctorFinding } from "../../../cli/doctor/finding.ts";
import { FEED_TOKEN } from "../../../feed/options.ts";
import { listen } from "../../fakes/loopback.ts";
import { startS3Server } from "../../fakes/s3-server.ts";
import { type CliOptions, makeDirectory, runCli, startFeed, WORKSPACE } from "../run-cli.ts";

/** An archive, its token file and a configuration that names them, each for this user alone. */
async function desk(baseUrl: string, more: object = {}): Promise<string> {
  const folder = await makeDirectory();
  await mkdir(join(folder, "archive", "events"), { recursive: true });
  await mkdir(join(folder, "archive", "checkpoint"));
  for (const name of ["archive", "archive/checkpoint"]) await chmod(join(folder, name), 0o700);
  await writeFile(join(folder, "token"), `${FEED_TOKEN}\n`, { mode: 0o600 });
  const settings = { archive: "./archive", tokenFile: "./token", workspaces: [WORKSPACE], source: baseUrl, ...more };
  await writeFile(join(folder, "asana-audit-archive.json"), JSON.stringify(settings));
  return folder;
}

async function findings(cwd: string, args: readonly string[] = [], options: CliOptions = {}) {
  const { code, stdout } = await runCli(["doctor", "--json", ...args], { token: null, cwd, ...options });
  const found: DoctorFinding[] = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const verdicts = Object.fromEntries(found.map(({ check, verdict }) => [check, verdict]));
  return { code, found, verdicts, of: (name: string) => found.find(({ check }) => check === name) };
}

const ALL_OK = {
  node: "ok",
  configuration: "ok",
  proxy: "ok",
  "archive folder": "ok",
  "disk space": "ok",
  "conditional creation": "ok",
  "checkpoint folder": "ok",
  "token file": "ok",
  source: "ok",
  clock: "ok",
  [`token of ${WORKSPACE}`]: "ok",
};

it("a desk where all is well ends with 0, by its configuration alone, and stays as it was", async () => {
  const { baseUrl, feed } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl);
  expect(await findings(cwd)).toMatchObject({ code: 0, verdicts: ALL_OK });
  expect(await readdir(join(cwd, "archive"))).toEqual(["checkpoint", "events"]);
  expect(feed.requests.map(({ status }) => status)).toEqual([200]);
});

it("an archive that is still to be made is no fault, and is not made", async () => {
  const { baseUrl } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl, { archive: "./new/archive" });
  expect(await findings(cwd)).toMatchObject({ code: 0, verdicts: ALL_OK });
  expect((await readdir(cwd)).sort()).toEqual(["archive", "asana-audit-archive.json", "token"]);
});

it("people read verdict, finding and cure at 80 columns, and a summary; a fault is red and ends with 1", async () => {
  const { baseUrl } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl);
  await chmod(join(cwd, "token"), 0o644);
  const { code, stdout, stderr } = await runCli(["doctor"], { cwd, token: null, env: { FORCE_COLOR: "1" } });
  expect(code).toBe(1);
  const red = stdout
    .split("\u001b[31m")[1]
    ?.split("\u001b[39m")[0]
    ?.replace(/\S+(?=\/token)/, "")
    .split("\n");
  expect(red).toEqual([
    "not ok       token file:",
    "             /token",
    "             is open to every user of this machine (mode 0644)",
    '             Run chmod 600 on it (docs/desk.md, "What it makes, and who may read',
    '             it").',
  ]);
  expect(stderr).toBe("10 ok, 1 not ok, 0 that nobody can tell from here\n");
  for (const line of stdout.split("\n")) if (!line.includes(cwd)) expect(line.length).toBeLessThanOrEqual(85);
});

it("what cannot be looked at ends with 2, unless something is wrong", async () => {
  const { baseUrl } = await startFeed({ events: 10 });
  const cwd = await makeDirectory();
  const { code, verdicts } = await findings(cwd, ["--source", baseUrl], { token: FEED_TOKEN });
  expect({ code, verdicts }).toEqual({
    code: 2,
    verdicts: {
      node: "ok",
      configuration: "ok",
      proxy: "ok",
      "archive folder": "cannot tell",
      "token file": "ok",
      source: "ok",
      clock: "ok",
      token: "cannot tell",
    },
  });
});

it("a configuration that cannot be used is one finding among others", async () => {
  const { baseUrl, flags } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl);
  await writeFile(join(cwd, "asana-audit-archive.json"), "{");
  const { code, of, verdicts } = await findings(cwd, ["--archive", "archive", "--token-file", "token", ...flags]);
  expect({ code, verdicts }).toEqual({ code: 1, verdicts: { ...ALL_OK, configuration: "not ok" } });
  expect(of("configuration")?.found).toContain("is not JSON");
  const variable = await findings(await desk(baseUrl), [], { env: { ASANA_AUDIT_TOKENS: "x" } });
  expect(variable.of("configuration")?.found).toContain("ASANA_AUDIT_TOKENS is not known and has no effect");
});

it.each([
  [
    "the folder is open to others",
    async (cwd: string) => chmod(join(cwd, "archive"), 0o755),
    "archive folder",
    /mode 0755/,
  ],
  [
    "so is the checkpoint's",
    async (cwd: string) => chmod(join(cwd, "archive", "checkpoint"), 0o770),
    "checkpoint folder",
    /its group/,
  ],
  [
    "the token file holds two lines",
    async (cwd: string) => writeFile(join(cwd, "token"), `${FEED_TOKEN}\nx\n`),
    "token file",
    /white space/,
  ],
] as const)("ends with 1 where %s", async (_, damage, check, found) => {
  const { baseUrl } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl);
  await damage(cwd);
  expect(await findings(cwd).then(({ code, of }) => [code, of(check)?.verdict, of(check)?.found])).toEqual([
    1,
    "not ok",
    expect.stringMatching(found),
  ]);
});

it("a folder of other things is no archive", async () => {
  const { baseUrl } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl, { archive: ".", checkpoint: "./archive/checkpoint" });
  await chmod(cwd, 0o700);
  expect((await findings(cwd)).of("archive folder")).toMatchObject({
    verdict: "not ok",
    found: expect.stringContaining("holds other files but no archive"),
  });
});

it("a link that leads nowhere is not taken for a folder that is still to be made", async () => {
  const { baseUrl } = await startFeed({ events: 10 });
  const cwd = await desk(baseUrl, { archive: "./gone" });
  await symlink("/nonexistent/place", join(cwd, "gone"));
  expect((await findings(cwd)).of("archive folder")?.verdict).toBe("not ok");
});

it.each([
  ["a wrong token", { tokens: { other: "full" } }, /does not accept the token/],
  ["a token without audit access", { tokens: { "feed-token": "no-audit-log" } }, /may not read/],
  ["an unknown workspace", { workspaces: [{ gid: "7" }] }, /does not know the workspace/],
] as const)("says what is wrong with %s, and that the source was reached", async (_, feed, found) => {
  const { baseUrl } = await startFeed(feed);
  const { code, of } = await findings(await desk(baseUrl));
  expect([code, of("source")?.verdict, of("clock")?.verdict]).toEqual([1, "ok", "ok"]);
  expect(of(`token of ${WORKSPACE}`)).toMatchObject({ verdict: "not ok", found: expect.stringMatching(found) });
});

it("a source in trouble says nothing of the token", async () => {
  const faults = { script: [{ request: 1, times: 9, fault: { kind: "server-error" } as const }] };
  const { baseUrl, feed } = await startFeed({ faults });
  const { code, of } = await findings(await desk(baseUrl));
  expect([code, of("source")?.verdict, of(`token of ${WORKSPACE}`)?.verdict]).toEqual([2, "ok", "cannot tell"]);
  expect(feed.requests).toHaveLength(1);
});

it("a source that is not there is a fault; clock and token cannot be told", async () => {
  const { code, of } = await findings(await desk("http://127.0.0.1:9/api/1.0"));
  expect([code, of("source")?.verdict, of("clock")?.verdict, of(`token of ${WORKSPACE}`)?.verdict]).toEqual([
    1,
    "not ok",
    "cannot tell",
    "cannot tell",
  ]);
});

it("a clock that is an hour off is a fault, whatever the source says besides", async () => {
  const server = createServer((_, response) =>
    response.writeHead(500, { date: new Date(Date.now() + 3_600_000).toUTCString() }).end(),
  );
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const { of } = await findings(await desk(`http://127.0.0.1:${port}/api/1.0`));
  expect(of("clock")).toMatchObject({ verdict: "not ok", found: expect.stringMatching(/^(1 h 0|59) min.* behind/) });
});

it("a proxy that cannot be used is a fault, and its password is nowhere", async () => {
  const cwd = await desk("https://127.0.0.1:9/api/1.0");
  const { code, of, found } = await findings(cwd, [], { env: { HTTPS_PROXY: "socks5://me:canary@proxy:1" } });
  expect([code, of("proxy")?.verdict]).toEqual([1, "not ok"]);
  expect(JSON.stringify(found)).not.toContain("canary");
});

it.each([
  ["ignores the condition", false, "not ok", 1],
  ["keeps it", true, "ok", 0],
] as const)("a store that speaks S3 and %s", async (_, isConditional, verdict, code) => {
  const { baseUrl } = await startFeed({ events: 10 });
  const { env, objects } = await startS3Server({ isConditional });
  const cwd = await desk(baseUrl, { archive: "s3://bucket", checkpoint: "./archive/checkpoint" });
  const ended = await findings(cwd, [], { env: { ...env } });
  expect({ code: ended.code, verdicts: ended.verdicts }).toMatchObject({
    code,
    verdicts: { "archive bucket": "ok", "conditional creation": verdict, "checkpoint folder": "ok" },
  });
  expect([...objects.keys()]).toEqual(["/bucket/conditional-create-probe.txt"]);
});

it("the token is in nothing that is printed", async () => {
  const { baseUrl } = await startFeed({ tokens: { other: "full" } });
  const cwd = await desk(baseUrl);
  for (const args of [["doctor"], ["doctor", "--json", "--debug"]]) {
    const { stdout, stderr } = await runCli(args, { cwd, token: null });
    expect(stdout + stderr).not.toContain(FEED_TOKEN);
  }
});

it("a machine and a stack are not looked at together", async () => {
  expect(await runCli(["doctor", "--stack", "AsanaAuditArchive", "--archive", "./archive"])).toMatchObject({ code: 2 });
});

it("without a region no stack is looked for", async () => {
  const cwd = await makeDirectory();
  const env = { AWS_CONFIG_FILE: "/dev/null", AWS_EC2_METADATA_DISABLED: "true" };
  const { code, verdicts } = await findings(cwd, ["--stack", "AsanaAuditArchive"], { env });
  expect({ code, verdicts }).toEqual({ code: 1, verdicts: { region: "not ok" } });
});
