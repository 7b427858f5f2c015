/** The programs of examples/, as somebody runs them who has copied one into a folder in which the package is installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startFeed, WORKSPACE } from "../cli/run-cli.ts";
import { areReadersInstalled, readersPython } from "./install-readers.ts";
import { type Ended, install, ROOT, start } from "./outsider.ts";

const EXAMPLES = join(ROOT, "examples");
const BIN = "node_modules/.bin/asana-audit-archive";

/** Copies the files of an example into a folder of its user, whose package is of ES modules. */
function copyExample(name: string, others: readonly string[] = []): string {
  const folder = install(others);
  cpSync(join(EXAMPLES, name), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "outsider", "private": true, "type": "module" }\n');
  return folder;
}

it("the list of examples names each of them", () => {
  const page = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(page).toContain(`](${name}/`);
});

it("cron: archives, looks again and verifies, without a word while all is well, and with one when it is not", async () => {
  const folder = copyExample("cron");
  const { baseUrl } = await startFeed({ events: 200 });
  writeFileSync(join(folder, "token"), "feed-token\n", { mode: 0o600 });
  const env = { FOLDER: folder, SOURCE: baseUrl, WORKSPACE, npm_config_offline: "true" };
  const silent: Ended = { code: 0, stdout: "", stderr: "" };
  for (const task of ["drain", "rescan", "verify"])
    expect({ task, ...(await start(folder, ["/bin/sh", "archive.sh", task], env)) }).toEqual({ task, ...silent });
  writeFileSync(join(folder, "token"), "another-token\n", { mode: 0o600 });
  const refused = await start(folder, ["/bin/sh", "archive.sh", "drain"], env);
  expect(refused).toEqual({ code: 3, stdout: "", stderr: expect.stringContaining("token") });
  const mistyped = await start(folder, ["/bin/sh", "archive.sh", "drian"], env);
  expect(mistyped).toEqual({ code: 2, stdout: "", stderr: "There is no task drian: drain, rescan or verify.\n" });
});

it("with-copy: an archive and its copy in two accounts, before the copy exists and after", async () => {
  const folder = copyExample("cdk", ["aws-cdk-lib", "constructs"]);
  const env = { CDK_OUTDIR: join(folder, "cdk.out"), CDK_VALIDATION: "false" };
  const templateOf = (stack: string) =>
    JSON.stringify(JSON.parse(readFileSync(join(folder, "cdk.out", `${stack}.template.json`), "utf8")));
  const role = '"RoleName":{"Fn::Join":["",["Archive-",{"Ref":"AWS::Region"},"-replication"]]}';
  expect(await start(folder, [process.execPath, "with-copy.mjs"], env)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(templateOf("ArchiveCopy")).toContain("role/Archive-eu-west-1-replication");
  expect(templateOf("Archive")).not.toContain(role);
  const copy = {
    REPLICA_BUCKET_ARN: "arn:aws:s3:::copy",
    REPLICA_KEY_ARN: "arn:aws:kms:eu-central-1:222222222222:key/1",
  };
  await start(folder, [process.execPath, "with-copy.mjs"], { ...env, ...copy });
  expect(templateOf("Archive")).toContain(role);
});

it("custom-store: passes the contracts, and one that overwrites does not", async () => {
  const folder = copyExample("custom-store", ["vitest"]);
  const command = [process.execPath, "node_modules/vitest/vitest.mjs", "run", "--no-color", "--reporter=dot"];
  expect(await start(folder, command)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Tests +\d{2,3} passed/),
  });
  const file = join(folder, "my-store.js");
  writeFileSync(file, readFileSync(file, "utf8").replace('if (objects.has(key)) return "exists";', ""));
  const { code, stdout, stderr } = await start(folder, command);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain("refuses a key that is taken and leaves the object as it was");
});

/** Compiling the code well, and collecting garbage on many threads, would take longer than running it once. */
const SHORT_LIVED_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

const isInstalled = areReadersInstalled();
const PYTHON = isInstalled ? readersPython : "python3";

/** Whether a program that imports the module can run here; where it cannot, it says what is missing. */
function canRead(module: string): boolean {
  try {
    if (!isInstalled) execFileSync(PYTHON, ["-c", `import ${module}`], { stdio: "ignore" });
  } catch {
    console.warn(
      `\n  SKIPPED: the example that reads with ${module}, which python3 does not have; \`npx node test/package/install-readers.ts\` installs it.\n`,
    );
    return false;
  }
  if (module !== "pyspark" || spawnSync("java", ["-version"], { stdio: "ignore" }).status === 0) return true;
  console.warn("\n  SKIPPED: the example that reads with Spark, which needs Java.\n");
  return false;
}

describe.each([
  ["pandas_days.py", "pandas"],
  ["polars_days.py", "polars"],
  ["clickhouse_days.py", "chdb"],
  ["spark_days.py", "pyspark"],
])("readers: %s", (program, module) => {
  it.runIf(canRead(module))("counts the events that `query` counts", async () => {
    const folder = copyExample("readers", ["@duckdb/node-api"]);
    const { flags } = await startFeed({ events: 2_000 });
    const env = { ASANA_TOKEN: "feed-token" };
    await start(folder, [process.execPath, BIN, "drain", ...flags, "--archive", "archive"], env);
    const sql = "SELECT dt || ' ' || event_type || ' ' || count(*) AS line FROM events GROUP BY dt, event_type";
    const counted = await start(folder, [
      process.execPath,
      BIN,
      "query",
      sql,
      "--archive",
      "archive",
      "--format",
      "csv",
    ]);
    const lines = (text: string) => text.trim().split("\n").sort();
    const read = await start(folder, [PYTHON, program, "archive"], { JAVA_TOOL_OPTIONS: SHORT_LIVED_JAVA });
    expect({ code: read.code, lines: lines(read.stdout) }).toEqual({
      code: 0,
      lines: lines(counted.stdout.replace(/^line\n/, "")),
    });
  });
});
