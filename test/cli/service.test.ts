/** What `service` prints is a file that systemd, launchd or cron takes, and starts what was given, from everywhere. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { describeService, type Service } from "../../cli/service.ts";
import { FEED_TOKEN } from "../../feed/options.ts";
import { ASANA_BASE_URL } from "../../lambda/source/base-url.ts";
import { makeDirectory, runCli, startFeed, WORKSPACE } from "./run-cli.ts";

/** A folder whose name each of the three would take apart. */
const ODD_NAME = `Ann's 100% "$HOME" & <more>`;
const PROGRAM = join(import.meta.dirname, "..", "..", "cli", "bin.js");
const KINDS = ["systemd", "launchd", "cron"] as const;

let folder: string;
beforeEach(async () => {
  folder = join(await makeDirectory(), ODD_NAME);
  await mkdir(folder);
  await writeFile(join(folder, "token"), FEED_TOKEN, { mode: 0o600 });
});

const FLAGS = ["--workspace", WORKSPACE, "--archive", "./archive", "--token-file", "token", "--batch-mib", "32"];

async function print(kind: string, flags: readonly string[] = FLAGS, env: Record<string, string> = {}) {
  return await runCli(["service", kind, ...flags], { cwd: folder, env });
}

/** The program with its arguments, as each of the three is to start it. */
const expected = (command: readonly string[], more: readonly string[]): string[] => [
  ...[process.execPath, PROGRAM, ...command, "--archive", join(folder, "archive"), "--workspace", WORKSPACE],
  ...["--token-file", join(folder, "token"), "--source", ASANA_BASE_URL, "--batch-mib", "32", ...more],
];

it("systemd takes the unit", async (test) => {
  if (spawnSync("systemd-analyze", ["--version"]).status !== 0) return test.skip("there is no systemd-analyze");
  const { code, stdout } = await print("systemd");
  expect(code).toBe(0);
  const unit = join(folder, "..", "asana-audit-archive.service");
  await writeFile(unit, stdout);
  const { status, stdout: told, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  const about = `${told}${stderr}`.split("\n").filter((line) => line.includes("asana-audit-archive"));
  expect({ status, about }).toEqual({ status: 0, about: [] });
});

it("a unit's command has the words that were given, quoted and with percent and dollar signs doubled", async () => {
  const { stdout } = await print("systemd");
  const line = /^ExecStart=(.*)$/m.exec(stdout)?.[1] ?? "";
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "").replaceAll("%%", "%").replaceAll("$$", "$"),
  );
  expect(words).toEqual(expected(["drain"], ["--every", "10m"]));
  expect(line.replaceAll("%%", "").replaceAll("$$", "")).not.toMatch(/[%$]/);
});

it("a property list is XML with the words that were given", async (test) => {
  if (spawnSync("python3", ["--version"]).status !== 0) return test.skip("there is no python3 to read it with");
  const { code, stdout } = await print("launchd", [...FLAGS, "--every", "90s"], { AWS_REGION: "eu-west-1" });
  expect(code).toBe(0);
  const read = "import plistlib, json, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
  const plist = JSON.parse(execFileSync("python3", ["-c", read], { input: stdout, encoding: "utf8" }));
  expect(plist).toMatchObject({
    Label: "asana-audit-archive",
    ProgramArguments: expected(["drain"], ["--every", "90s"]),
    EnvironmentVariables: { AWS_REGION: "eu-west-1" },
    KeepAlive: { SuccessfulExit: false },
    Umask: 0o077,
  });
});

it("the lines of a crontab archive, started by sh from any folder", async () => {
  const { flags } = await startFeed({ events: 20 });
  const { stdout } = await print("cron", [...FLAGS, ...flags.slice(0, 2)]);
  const lines = stdout.split("\n").filter((line) => /^[*\d]/.test(line));
  expect(lines.map((line) => line.split(" ").slice(0, 5).join(" "))).toEqual(["*/10 * * * *", "7 * * * *"]);
  for (const line of lines) {
    expect(line.replaceAll("\\%", "")).not.toContain("%");
    const command = line.replaceAll("\\%", "%").replace(/^(\S+ ){5}/, "");
    const { status, stderr } = await runShell(command);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }
  expect(await readdir(join(folder, "archive"))).toContain("events");
});

/** Beside the feed, which answers in this process. */
async function runShell(command: string): Promise<{ status: number | null; stderr: string }> {
  const child = spawn("sh", ["-c", command], {
    cwd: "/",
    env: { PATH: process.env["PATH"], XDG_CONFIG_HOME: "/nonexistent" },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve) => child.once("close", (status) => resolve({ status, stderr })));
}

it.each(KINDS)("%s: no token is in what is printed, nor a password of a proxy", async (kind) => {
  const env = {
    HTTPS_PROXY: "http://me:SECRET@proxy:3128",
    AWS_SECRET_ACCESS_KEY: "SECRET",
    NO_PROXY: "inside.example",
  };
  const { code, stdout, stderr } = await print(kind, FLAGS, env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("HTTPS_PROXY may hold a password") });
  expect(stdout).not.toContain(FEED_TOKEN);
  expect(stdout).not.toContain("SECRET");
  expect(stdout).toContain("inside.example");
});

it.each(KINDS)(
  "%s: settings come from the configuration file too, and defaults stay the program's own",
  async (kind) => {
    const content = {
      archive: "s3://bucket/a",
      checkpoint: "dynamodb://table",
      workspaces: ["77"],
      tokenFile: "token",
    };
    await writeFile(join(folder, "asana-audit-archive.json"), JSON.stringify(content));
    const { code, stdout } = await print(kind, []);
    expect(code).toBe(0);
    for (const word of ["s3://bucket/a", "dynamodb://table", "77"]) expect(stdout).toContain(word);
    for (const flag of ["--attempts", "--batch-events"]) expect(stdout).not.toContain(flag);
  },
);

it.each(KINDS)(
  "%s: where the token is sent is said, so that no configuration file of the service's user decides",
  async (kind) => {
    const { stdout } = await print(kind);
    expect(stdout.replaceAll(/<\/?string>|\s+/g, " ")).toMatch(/--source {1,3}https:\/\/app\.asana\.com\/api\/1\.0/);
  },
);

it.each(KINDS)("%s: variables that are paths are absolute, and every endpoint of AWS is taken over", async (kind) => {
  const paths = ["NODE_EXTRA_CA_CERTS", "TMPDIR", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
  await mkdir(join(folder, "..", "plain@home"));
  const cwd = join(folder, "..", "plain@home");
  await writeFile(join(cwd, "ca.pem"), "");
  const endpoints = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"];
  const env = Object.fromEntries([
    ...paths.map((name) => [name, "./ca.pem"]),
    ...endpoints.map((name) => [name, `https://${name.toLowerCase()}.example`]),
    ["AWS_PROFILE", "ann@example"],
    ["AWS_ENDPOINT_URL_SSO", "https://me:SECRET@example"],
  ]);
  const { code, stdout, stderr } = await runCli(["service", kind, ...FLAGS], { cwd, env });
  expect(code).toBe(0);
  expect(stdout).not.toContain("SECRET");
  expect(stderr.match(/\w+ may hold a password/g)).toEqual(["AWS_ENDPOINT_URL_SSO may hold a password"]);
  const said = stdout.replaceAll(/<\/key><string>/g, "=").replaceAll('"', "");
  for (const name of paths) expect(said).toContain(`${name}=${join(cwd, "ca.pem")}`);
  for (const name of endpoints) expect(said).toContain(`${name}=https://${name.toLowerCase()}.example`);
  expect(said).toContain("AWS_PROFILE=ann@example");
});

it("a token that only this shell has is no token of a service", async () => {
  const { code, stdout, stderr } = await print("systemd", FLAGS.slice(0, 4));
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining("--token-file") });
});

describe("a file", () => {
  const service: Service = {
    program: ["/node", "/bin.js"],
    flags: [],
    everyMs: 600_000,
    environment: {},
    user: "ann",
    home: "/home/ann",
  };

  it.each([
    [60_000, "*/1 * * * *"],
    [1_200_000, "*/20 * * * *"],
    [3_600_000, "0 */1 * * *"],
    [7_200_000, "0 */2 * * *"],
    [86_400_000, "0 0 * * *"],
  ])("of cron starts a drain every %d ms at %s", (everyMs, when) => {
    expect(describeService("cron", { ...service, everyMs })).toContain(`\n${when} /node /bin.js drain`);
  });

  it.each([30_000, 90_000, 420_000, 5_400_000, 18_000_000, 172_800_000])(
    "of cron cannot start it every %d ms",
    (everyMs) => {
      expect(() => describeService("cron", { ...service, everyMs })).toThrow(
        "Cron cannot start something at this interval",
      );
    },
  );

  it("of cron has variables in the quotation marks that they do not have themselves", () => {
    const withVariable = (value: string) => describeService("cron", { ...service, environment: { TMPDIR: value } });
    expect(withVariable("/Ann's")).toContain(`\nTMPDIR="/Ann's"\n`);
    expect(withVariable('/a "b"')).toContain(`\nTMPDIR='/a "b"'\n`);
    expect(() => withVariable(`/Ann's "b"`)).toThrow("TMPDIR has both kinds of quotation marks");
  });

  it("of cron cannot have a backslash before a percent sign", () => {
    expect(() => describeService("cron", { ...service, flags: ["--archive", "/a\\%b"] })).toThrow("backslash before");
  });

  it.each(KINDS)("of %s cannot have a line feed in a path", (kind) => {
    expect(() => describeService(kind, { ...service, flags: ["--archive", "/a\nExecStart=/b"] })).toThrow(
      "control character",
    );
  });
});
