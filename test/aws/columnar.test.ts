/**
 * The state machine of the columnar copy, as it is synthesised, on an emulated Step Functions. Athena's two calls are
 * answered by a stand-in in this process, which keeps their contract: `.sync` ends with the QueryExecution of a statement that
 * succeeded, or fails the task; results are rows of texts with a header. What the statements do in Athena's engine is shown
 * by test/athena.
 */
import { CreateBucketCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createS3Client } from "../../lambda/stores/aws-clients.ts";
import { UNDATED_DAY } from "../../sql/columnar.ts";
import { resolveTemplate } from "../infra/policy/resolve.ts";
import { synthesise } from "../infra/synth.ts";
import { authorizationFor, type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { askStates, type StatesAnswer } from "./states.ts";

const WORKSPACES = ["1201", "1202"];
const ATHENA = /^arn:aws:states:::athena:/;
const ROLE = "arn:aws:iam::000000000000:role/copier";

interface Execution {
  readonly status: string;
  readonly error: string | undefined;
}

describe.runIf(isEmulatorInstalled())("the state machine of the columnar copy", () => {
  let emulator: Emulator;
  let s3: S3Client;
  let athena: Athena;
  let machineArn: string;

  const states = (action: string, input: object) => askStates(emulator.endpoint, action, input);
  /** An execution, once it has ended. */
  const ended = async (executionArn: string): Promise<StatesAnswer> => {
    for (;;) {
      const execution = await states("DescribeExecution", { executionArn });
      if (execution.status !== "RUNNING") return execution;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  beforeAll(async () => {
    // Waits between tries are left out.
    emulator = await startEmulator({ environment: { SFN_WAIT_SCALE: "0" } });
    s3 = createS3Client(emulator.client);
    const { activityArn } = await states("CreateActivity", { name: "athena" });
    const resources = resolveTemplate(
      synthesise({ columnarCopy: "on", workspaces: [WORKSPACES[0]], retiredWorkspaces: [WORKSPACES[1]] }),
    );
    const find = (type: string, id: RegExp) => resources.find((one) => one.type === type && id.test(one.id))!;
    const { properties } = find("AWS::StepFunctions::StateMachine", /Columnar/);
    const bucket = find("AWS::S3::Bucket", /^ArchiveBucket/).ref;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    athena = startAthena(activityArn, states);
    athena.archive = async (workspace, day) => {
      const Key = `events/workspace=${workspace}/dt=${day}/000001.ndjson.gz`;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from("1") }));
    };
    const definition = adapt(JSON.parse(properties.DefinitionString), activityArn);
    const created = await states("CreateStateMachine", {
      name: properties.StateMachineName,
      roleArn: ROLE,
      definition: JSON.stringify(definition),
    });
    machineArn = created.stateMachineArn;
  });
  afterAll(async () => {
    athena?.stop();
    s3?.destroy();
    await emulator?.stop();
  });

  /** Runs it as if it began at that time, and says what it asked of Athena. */
  async function run(
    startedAt: string,
    order: object = {},
  ): Promise<Execution & { readonly asked: readonly string[] }> {
    athena.asked.length = 0;
    const input = JSON.stringify({ ...order, startedAt: `${startedAt}T10:00:00.000Z` });
    const { executionArn } = await states("StartExecution", { stateMachineArn: machineArn, input });
    const { status, error } = await ended(executionArn);
    return { status, error, asked: [...athena.asked] };
  }
  const succeeds = async (startedAt: string, order?: object) => {
    const { status, error, asked } = await run(startedAt, order);
    expect([status, error]).toEqual(["SUCCEEDED", undefined]);
    return asked;
  };
  const copied = (since: string, until: string) => [`merge ${since}..${until}`, `check ${since}..${until}`];
  const shown = (until: string) => [`show copy ${until}`, `note ${until}`];
  const AFRESH = ["read", "show record", "note ", "drop", "create"];

  it("makes an empty copy of an empty record, which answers nothing", async () => {
    expect(await succeeds("2026-03-02")).toEqual(AFRESH);
  });

  it("fills it month by month from the first day of any workspace, and says after each month how far it goes", async () => {
    await athena.archive(WORKSPACES[0]!, UNDATED_DAY);
    for (const day of ["2026-02-27", "2026-03-10"]) await athena.archive(WORKSPACES[0]!, day);
    await athena.archive(WORKSPACES[1]!, "2026-01-31");
    expect(await succeeds("2026-03-02")).toEqual([
      ...AFRESH,
      ...["2026-01-31..2026-01-31", "2026-02-01..2026-02-28", "2026-03-01..2026-03-01"].flatMap((window) => {
        const [since, until] = window.split("..") as [string, string];
        return [...copied(since, until), ...shown(until)];
      }),
    ]);
  });

  it("brings it up to date every day, looks farther back on Sundays, and tidies up on the first of a month", async () => {
    expect(await succeeds("2026-03-03")).toEqual([
      "read",
      ...copied("2026-02-28", "2026-03-02"),
      ...shown("2026-03-02"),
    ]);
    expect(await succeeds("2026-03-08")).toEqual([
      "read",
      ...copied("2026-01-31", "2026-03-07"),
      ...shown("2026-03-07"),
    ]);
    expect((await succeeds("2026-04-01")).slice(-2)).toEqual(["optimize 2025-12", "vacuum"]);
  });

  it("goes on where an execution ended that could not be finished", async () => {
    athena.isBroken = true;
    const { status, asked } = await run("2026-04-02");
    expect([status, asked.filter((one) => one === "read").length]).toEqual(["FAILED", 4]);
    athena.isBroken = false;
    expect(await succeeds("2026-04-09")).toEqual([
      "read",
      ...copied("2026-04-01", "2026-04-08"),
      ...shown("2026-04-08"),
    ]);
  });

  it("copies once more what came into the record between copying and comparison", async () => {
    athena.unequalChecks = 1;
    const window = copied("2026-04-07", "2026-04-09");
    expect(await succeeds("2026-04-10")).toEqual(["read", ...window, ...window, ...shown("2026-04-09")]);
  });

  it("answers from the record alone once the copy differs, says so, and makes the copy anew the next day", async () => {
    athena.unequalChecks = Number.POSITIVE_INFINITY;
    const window = copied("2026-04-08", "2026-04-10");
    expect(await run("2026-04-11")).toEqual({
      status: "FAILED",
      error: "CopyDiffers",
      asked: ["read", ...window, ...window, ...window, "show record", "note "],
    });
    athena.unequalChecks = 0;
    const anew = await succeeds("2026-04-13");
    expect(anew.slice(0, 6)).toEqual([...AFRESH, "merge 2026-01-31..2026-01-31"]);
    expect(anew.slice(-2)).toEqual(shown("2026-04-12"));
    // The same on demand: none of its days is answered from the copy before it is copied again.
    expect(await succeeds("2026-04-13", { isAnew: true })).toEqual(anew);
  });

  it("reports 1 for a copy that differs, and 0 for one that does not", async () => {
    const query = new URLSearchParams({
      Action: "GetMetricStatistics",
      Version: "2010-08-01",
      Namespace: "AsanaAuditArchive",
      MetricName: "CopyDiffers",
      "Dimensions.member.1.Name": "service",
      "Dimensions.member.1.Value": "AsanaAuditArchive",
      StartTime: new Date(Date.now() - 3_600_000).toISOString(),
      EndTime: new Date(Date.now() + 3_600_000).toISOString(),
      Period: "86400",
      "Statistics.member.1": "Sum",
      "Statistics.member.2": "Minimum",
    });
    const authorization = authorizationFor("monitoring");
    const response = await fetch(emulator.endpoint, { method: "POST", body: query, headers: { authorization } });
    const text = await response.text();
    expect([/<Sum>(.*?)<\/Sum>/, /<Minimum>(.*?)<\/Minimum>/].map((one) => Number(one.exec(text)?.[1]))).toEqual([
      1, 0,
    ]);
  });

  it("leaves the work to an execution that began before it", async () => {
    const release = athena.hold();
    const first = run("2026-04-14");
    await athena.isAsked();
    const input = JSON.stringify({ startedAt: "2026-04-14T10:00:00.000Z" });
    const { executionArn } = await states("StartExecution", { stateMachineArn: machineArn, input });
    expect([(await ended(executionArn)).status, athena.asked]).toEqual(["SUCCEEDED", []]);
    release();
    expect((await first).status).toBe("SUCCEEDED");
  });
});

type States = (action: string, input: object) => Promise<Partial<StatesAnswer>>;

interface Athena {
  /** What was asked, in short, in order. */
  readonly asked: string[];
  /** Fails every statement. */
  isBroken: boolean;
  /** How many of the next comparisons find a difference. */
  unequalChecks: number;
  archive: (workspace: string, day: string) => Promise<void>;
  /** Answers nothing until the result is called. */
  hold(): () => void;
  /** Once a statement waits for its answer. */
  isAsked(): Promise<void>;
  /** It ends with the emulator, which it is waiting for. */
  stop(): void;
}

/** Statements by how they begin, and what is noted of each. */
const STATEMENTS: readonly (readonly [RegExp, string])[] = [
  [/^SELECT until FROM events_copied/, "read"],
  [/^CREATE TABLE IF NOT EXISTS events_columnar/, "create"],
  [/^DROP TABLE IF EXISTS events_columnar/, "drop"],
  [/^MERGE INTO events_columnar[\s\S]*WHERE dt BETWEEN '(.*?)' AND '(.*?)'/, "merge $1..$2"],
  [/^SELECT\s+recorded\.events[\s\S]*WHERE dt BETWEEN '(.*?)' AND '(.*?)'/, "check $1..$2"],
  [/^DELETE FROM events_columnar/, "forget"],
  [/^OPTIMIZE events_columnar .* WHERE month >= '(.*)'$/, "optimize $1"],
  [/^VACUUM events_columnar/, "vacuum"],
  [/^CREATE OR REPLACE VIEW events_fast AS\nSELECT .* FROM events_columnar .* dt <= '(.*?)'/, "show copy $1"],
  [/^CREATE OR REPLACE VIEW events_fast AS\nSELECT .* FROM events$/, "show record"],
  [/^CREATE OR REPLACE VIEW events_copied AS\nSELECT CAST\('(.*?)'/, "note $1"],
];

/** Takes the place of Athena, for as long as it is not stopped. */
function startAthena(activityArn: string, states: States): Athena {
  let [isStopped, until] = [false, ""];
  const answers = new Map<string, (readonly string[])[]>();
  let held = Promise.resolve();
  let tellAsked = () => {};
  let whenAsked = Promise.resolve();
  const athena: Athena = {
    asked: [],
    isBroken: false,
    unequalChecks: 0,
    archive: async () => {},
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      whenAsked = new Promise((resolve) => {
        tellAsked = resolve;
      });
      return release;
    },
    isAsked: () => whenAsked,
    stop() {
      isStopped = true;
    },
  };

  function execute(sql: string): (readonly string[])[] {
    const [pattern, short] = STATEMENTS.find(([one]) => one.test(sql)) ?? [];
    if (pattern === undefined) throw new Error(`a statement that nobody expects: ${sql}`);
    const name = sql.match(pattern)!.reduce((text, group, index) => text.replace(`$${index}`, group ?? ""), short!);
    athena.asked.push(name);
    if (athena.isBroken) throw new Error("FAILED: out of order");
    if (name.startsWith("note ")) until = name.slice("note ".length);
    if (name === "read") return [["until"], [until]];
    if (!name.startsWith("check ")) return [];
    const isEqual = athena.unequalChecks === 0;
    if (!isEqual) athena.unequalChecks -= 1;
    return [
      ["recorded_events", "copied_events", "is_equal"],
      ["5", isEqual ? "5" : "4", String(isEqual)],
    ];
  }

  function answer(input: { readonly QueryString?: string; readonly QueryExecutionId?: string }): object {
    if (input.QueryString === undefined) {
      const rows = answers.get(input.QueryExecutionId!)!;
      return { ResultSet: { Rows: rows.map((row) => ({ Data: row.map((text) => ({ VarCharValue: text })) })) } };
    }
    const id = `query-${answers.size}`;
    answers.set(id, execute(input.QueryString));
    return { QueryExecution: { QueryExecutionId: id, Status: { State: "SUCCEEDED" } } };
  }

  async function work(): Promise<void> {
    while (!isStopped) {
      const { taskToken, input } = await states("GetActivityTask", { activityArn }).catch((error: unknown) => {
        if (!isStopped) throw error;
        return { taskToken: undefined, input: undefined };
      });
      if (!taskToken) continue;
      tellAsked();
      await held;
      try {
        await states("SendTaskSuccess", { taskToken, output: JSON.stringify(answer(JSON.parse(input!))) });
      } catch (error) {
        await states("SendTaskFailure", { taskToken, error: "States.TaskFailed", cause: String(error) });
      }
    }
  }
  void work();
  return athena;
}

/** With the stand-in for Athena, and the input's time for that of the start. */
function adapt(definition: unknown, activityArn: string): unknown {
  if (Array.isArray(definition)) return definition.map((item) => adapt(item, activityArn));
  if (definition === "{% $states.context.Execution.StartTime %}") return "{% $states.input.startedAt %}";
  if (typeof definition !== "object" || definition === null) return definition;
  return Object.fromEntries(
    Object.entries(definition).map(([key, value]) => [
      key,
      key === "Resource" && ATHENA.test(value) ? activityArn : adapt(value, activityArn),
    ]),
  );
}
