/** The command line, for somebody who installed the package and has no checkout. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { DoctorFinding } from "../../cli/doctor/finding.ts";
import { startFeed, WORKSPACE } from "../cli/run-cli.ts";
import { STACK, startAwsAccount } from "../fakes/aws-account.ts";
import { synthesise } from "../infra/synth.ts";
import { oldestNode } from "./install-node.ts";
import { install, ROOT, readManifest, start } from "./outsider.ts";

/** This node, the oldest that is supported, and others that `PACKAGE_NODES` names. */
const oldest = oldestNode();
if (oldest === null)
  console.warn(
    "\n  SKIPPED: the command line on the oldest node that is supported; `npx node test/package/install-node.ts` installs it.\n",
  );
const NODES = [process.execPath, oldest, ...(process.env["PACKAGE_NODES"]?.split(":") ?? [])].filter(
  (node) => node !== null,
);

const BIN = "node_modules/.bin/asana-audit-archive";

describe.each(NODES)("the command line on %s", (node) => {
  let folder: string;
  beforeAll(() => {
    folder = install(["@duckdb/node-api"]);
  });
  const run = (args: readonly string[], token = "feed-token") =>
    start(folder, [node, BIN, ...args], { ASANA_TOKEN: token });

  it("archives a feed, verifies the archive, on threads too, and answers questions about it", async () => {
    const { flags } = await startFeed({ events: 3_000 });
    const drained = await run(["drain", ...flags, "--archive", "archive"]);
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining("3,000 events archived") });
    for (const threads of ["1", "2"]) {
      const verified = await run(["verify", "--archive", "archive", "--threads", threads]);
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("3,000 events") });
    }
    const asked = await run(["ask", "volume", "--archive", "archive", "--json"]);
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('"event_category":"deletion"') });
    const counted = await run(["query", "SELECT count(*) AS n FROM events", "--archive", "archive", "--format", "csv"]);
    expect(counted).toMatchObject({ code: 0, stdout: "n\n3000\n" });
  });

  it("lists its commands without a word on standard error", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("drain") });
  });
});

it("`npx asana-audit-archive` runs it", async () => {
  const { code, stdout } = await start(install(), ["npx", "--no", "--offline", "asana-audit-archive", "--version"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

it("a service that it describes starts the installed program, by its real place", async () => {
  const folder = install();
  const args = ["service", "cron", "--workspace", "1201", "--archive", "archive", "--token-file", "token"];
  const { code, stdout } = await start(folder, [process.execPath, BIN, ...args]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("asana-audit-archive/dist/cli/bin.js") });
});

it("doctor compares the code that a stack runs with that of the package", async () => {
  const clients = Object.keys(readManifest(ROOT).peerDependencies).filter((name) => name.startsWith("@aws-sdk/"));
  const folder = install(clients);
  const account = await startAwsAccount(synthesise({ workspaces: [WORKSPACE] }), { checkpoint: null });
  const zip = readFileSync(join(folder, "node_modules/asana-audit-archive/dist/infra/bundle/prebuilt/archiver.zip"));
  account.state.codeHash = createHash("sha256").update(zip).digest();
  const command = [process.execPath, BIN, "doctor", "--stack", STACK, "--json"];
  const { stdout } = await start(folder, command, account.env);
  const findings: DoctorFinding[] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const verdicts = findings
    .filter(({ check }) => check.startsWith("code of"))
    .map(({ check, verdict }) => [check, verdict]);
  // The account of the test has one code for all.
  expect(verdicts).toEqual([
    ["code of the archiver", "ok"],
    ["code of the sealer", "not ok"],
    ["code of the verifier", "not ok"],
  ]);
});

describe("what is missing is named in a sentence, with what brings it", () => {
  it("DuckDB, for whoever asks questions", async () => {
    const folder = install();
    const { flags } = await startFeed({ events: 10 });
    await start(folder, [process.execPath, BIN, "drain", ...flags, "--archive", "archive"], {
      ASANA_TOKEN: "feed-token",
    });
    const { code, stdout, stderr } = await start(folder, [
      process.execPath,
      BIN,
      "ask",
      "volume",
      "--archive",
      "archive",
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(
      /^asana-audit-archive: the package @duckdb\/node-api is not installed\.\n {2}This command needs /,
    );
    expect(stderr).toMatch(/`npm install @duckdb\/node-api@\d+\.\d+\.\S+`, with -g if /);
    expect(stderr.split("\n")).toHaveLength(3);
  });

  it("what looks at a deployed stack, in one command", async () => {
    const { code, stderr } = await start(install(), [process.execPath, BIN, "doctor", "--stack", "AsanaAuditArchive"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/the package @aws-sdk\/client-\w+ is not installed/);
    for (const name of ["cloudformation", "cloudtrail", "lambda", "scheduler", "sns", "sts"])
      expect(stderr).toContain(` @aws-sdk/client-${name}@`);
  });

  it("a dependency of the program itself", async () => {
    const folder = install();
    rmSync(join(folder, "node_modules/commander"));
    const { code, stderr } = await start(folder, [process.execPath, BIN, "status"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        "asana-audit-archive: the package commander is not installed.\n  Install asana-audit-archive again, together with its dependencies.\n",
    });
  });

  it("a node that is new enough", async () => {
    const folder = install();
    const script = `Object.defineProperty(process.versions, "node", { value: "20.11.0" }); import("./${BIN}");`;
    expect(await start(folder, [process.execPath, "-e", script])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "asana-audit-archive: this is node 20.11.0, and node 22.12 or newer is needed.\n  Install node 22.12 or newer.\n",
    });
  });
});
