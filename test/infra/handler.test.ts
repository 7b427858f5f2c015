/** The function as Lambda calls it, over the simulated feed; its log lines and metrics are what is looked at. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import type { Context } from "aws-lambda";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { countWorkspaces } from "../../lambda/census.ts";
import { readConfig } from "../../lambda/config.ts";
import { TIME_IN_HAND_MS } from "../../lambda/contract.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { createHandler } from "../../lambda/handler.ts";
import type { EventSource } from "../../lambda/ports.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { createWorld, WORKSPACE } from "../drain/world.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";
import { catchLogLines } from "../fakes/log-lines.ts";

const ENVIRONMENT = { ARCHIVE_NAME: "Archive", LOG_LEVEL: "debug" };
const DRAIN = { workspace: WORKSPACE, task: "drain" };
const CANARY = "1/canary-token";

function createInvoker(deps: () => RunDeps, settings = defaultRunSettings) {
  const handler = createHandler(ENVIRONMENT, () => (_workspace, runId, log) => ({
    deps: { ...deps(), runId, log },
    settings,
  }));
  return (event: unknown, remainingMs = 600_000) => handler(event, contextWith(remainingMs));
}

const contextWith = (remainingMs: number) =>
  ({ awsRequestId: "request-1", functionName: "archiver", getRemainingTimeInMillis: () => remainingMs }) as Context;

describe("an invocation", () => {
  const { lines, logged, metrics } = catchLogLines();

  it("drains the workspace, answers what it did and that nothing is left", async () => {
    const world = createWorld();
    world.emit("2026-05-01T10:00:00.000Z");
    world.emit("2026-05-01T11:00:00.000Z");
    const result = await createInvoker(world.deps)(DRAIN);
    expect(result).toMatchObject({
      workspace: WORKSPACE,
      task: "drain",
      run: "request-1",
      outcome: "caught-up",
      archived: 2,
      behindSeconds: 0,
    });
  });

  it("tells its end in one line with all counts, and its metrics in another", async () => {
    const world = createWorld();
    world.emit("2026-05-01T10:00:00.000Z");
    await createInvoker(world.deps)(DRAIN);
    expect(logged("the run ended")).toEqual([
      expect.objectContaining({
        level: "INFO",
        service: "Archive",
        workspace: WORKSPACE,
        task: "drain",
        function_request_id: "request-1",
        report: expect.objectContaining({ archived: 1, segments: 1, outcome: "caught-up" }),
      }),
    ]);
    expect(metrics()).toEqual([
      // Nothing has been rescanned yet.
      {
        _aws: expect.anything(),
        service: "Archive",
        workspace: WORKSPACE,
        DrainFailed: 0,
        Behind: 0,
        RescansOverdue: 1,
      },
    ]);
    expect(metrics()[0]!["_aws"]).toMatchObject({
      CloudWatchMetrics: [{ Namespace: "AsanaAuditArchive", Dimensions: [["service", "workspace"]] }],
    });
  });

  it("rescans what is due when asked to, and tells that apart from drains", async () => {
    const world = createWorld();
    const invoke = createInvoker(world.deps);
    world.emit("2026-05-01T11:50:00.000Z");
    await invoke(DRAIN);
    world.emit("2026-05-01T11:40:00.000Z");
    lines.length = 0;
    const result = await invoke({ workspace: WORKSPACE, task: "rescan" });
    expect(result).toMatchObject({ task: "rescan", archived: 1, late: 1 });
    expect(metrics()).toEqual([expect.objectContaining({ LateEvents: 1 })]);
    expect(metrics()[0]).not.toHaveProperty("Behind");
    expect(metrics()[0]).not.toHaveProperty("DrainFailed");
  });

  it("tells both tasks the settings of a run", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:50:00.000Z"); // in an empty log, nothing is due for a rescan
    const invoke = createInvoker(world.deps, { ...defaultRunSettings, pageLimit: 7 });
    for (const task of ["drain", "rescan"]) {
      const before = world.feed.requests.length;
      await invoke({ workspace: WORKSPACE, task });
      expect(world.feed.requests.slice(before).map(({ query }) => query["limit"])).toContain("7");
    }
  });

  it.each([
    ["refused", { DrainFailed: 1, Stopped: 1 }],
    ["halted", { DrainFailed: 1, Stopped: 1 }],
    ["unavailable", { DrainFailed: 1 }],
    ["invalid-response", { DrainFailed: 1 }],
  ] as const)("that ends as %s is a failed invocation, told with what to do", async (kind, expected) => {
    const world = createWorld();
    const error = new ArchiverError(kind, "It does not work.", { advice: "Mend it." });
    const invoke = createInvoker(() => world.deps({ source: failing(error) }));
    await expect(invoke(DRAIN)).rejects.toMatchObject({ kind, message: error.message, advice: error.advice });
    expect(logged("the run failed")).toEqual([
      expect.objectContaining({
        level: "ERROR",
        workspace: WORKSPACE,
        error: expect.objectContaining({ kind, advice: "Mend it." }),
      }),
    ]);
    expect(metrics()).toEqual([expect.objectContaining(expected)]);
  });

  it("that fails reports the progress that is stored, not the one that was hoped for", async () => {
    const world = createWorld();
    const invoke = createInvoker(world.deps);
    world.emit("2026-05-01T09:00:00.000Z");
    await invoke(DRAIN);
    lines.length = 0;
    const down = createInvoker(() =>
      world.deps({ source: failing(new ArchiverError("unavailable", "Down.", { advice: "Wait." })) }),
    );
    await expect(down(DRAIN)).rejects.toThrow("Down.");
    // Three hours after the newest event that is archived, by our clock: the source told no time.
    expect(metrics()).toEqual([expect.objectContaining({ DrainFailed: 1, Behind: 3 * 3600 })]);
    expect(logged("how far the run came")).toEqual([
      expect.objectContaining({
        level: "WARN",
        report: expect.objectContaining({ workspace: WORKSPACE, watermark: "2026-05-01T09:00:00.000Z" }),
      }),
    ]);
  });

  it("that fails before it has read its checkpoint tells no progress", async () => {
    const world = createWorld();
    const checkpoints = { ...world.deps().checkpoints, read: async () => Promise.reject(new TypeError("A bug.")) };
    await expect(createInvoker(() => world.deps({ checkpoints }))(DRAIN)).rejects.toThrow("A bug.");
    expect(logged("how far the run came")).toEqual([]);
    expect(metrics()).toEqual([expect.objectContaining({ DrainFailed: 1 })]);
    expect(metrics()[0]).not.toHaveProperty("Behind");
  });

  it("tells as much as LOG_LEVEL says, whatever its case, and has a name where none was given", async () => {
    const world = createWorld();
    const connect = () => () => ({ deps: world.deps(), settings: defaultRunSettings });
    await createHandler({ LOG_LEVEL: "warn" }, connect)(DRAIN, contextWith(600_000));
    expect(logged("the run ended")).toEqual([]);
    await createHandler({}, connect)(DRAIN, contextWith(600_000));
    expect(logged("the run ended")).toEqual([expect.objectContaining({ service: "unnamed" })]);
  });

  it("whose time is up stops by itself, keeps what it has and says how much is left", async () => {
    const world = createWorld();
    const invoke = createInvoker(world.deps);
    world.emit("2026-05-01T11:00:00.000Z");
    await invoke(DRAIN);
    lines.length = 0;
    const slow = createInvoker(() => world.deps({ source: waiting }));
    const result = await slow(DRAIN, TIME_IN_HAND_MS + 5);
    expect(result).toMatchObject({ outcome: "out-of-time", behindSeconds: 3600 });
    expect(metrics()).toEqual([expect.objectContaining({ DrainFailed: 0, Behind: 3600 })]);
  });

  it("stops when its budget is used up, though Lambda would give it more time", async () => {
    const world = createWorld();
    const slow = createInvoker(() => world.deps({ source: waiting }));
    await expect(slow({ ...DRAIN, budgetSeconds: 0.005 })).resolves.toMatchObject({ outcome: "out-of-time" });
  });

  it("stops before Lambda's timeout, whatever its budget", async () => {
    const world = createWorld();
    const slow = createInvoker(() => world.deps({ source: waiting }));
    const result = slow({ ...DRAIN, budgetSeconds: 3600 }, TIME_IN_HAND_MS + 5);
    await expect(result).resolves.toMatchObject({ outcome: "out-of-time" });
  });

  it("of a rescan that fails reports what is overdue", async () => {
    const world = createWorld();
    world.emit("2026-05-01T09:00:00.000Z");
    await createInvoker(world.deps)(DRAIN);
    lines.length = 0;
    const error = new ArchiverError("unavailable", "Down.", { advice: "Wait." });
    const down = createInvoker(() => world.deps({ source: failing(error) }));
    await expect(down({ workspace: WORKSPACE, task: "rescan" })).rejects.toBe(error);
    // No rescan has ever come to schedule anything.
    expect(metrics()).toEqual([expect.objectContaining({ RescansOverdue: 1 })]);
  });

  it("of a rescan that has nothing to tell sends no metric, nor a warning that there is none", async () => {
    const world = createWorld();
    world.emit("2026-05-01T09:00:00.000Z");
    const invoke = createInvoker(world.deps);
    await invoke(DRAIN);
    await invoke({ workspace: WORKSPACE, task: "rescan" });
    lines.length = 0;
    await invoke({ workspace: WORKSPACE, task: "rescan" });
    expect(metrics()).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain("No application metrics");
    await invoke(DRAIN);
    expect(metrics()).toEqual([expect.objectContaining({ workspace: WORKSPACE, DrainFailed: 0 })]);
  });

  it("that names no workspace fails, with nothing told of any", async () => {
    const connect = vi.fn();
    const handler = createHandler(ENVIRONMENT, connect);
    await expect(handler({}, contextWith(1000))).rejects.toThrow("The event does not name a workspace and a task.");
    expect(connect).not.toHaveBeenCalled();
    expect(metrics()).toEqual([]);
  });

  it("connects once while the function is warm, and again after a failure to", async () => {
    const world = createWorld();
    const connect = vi.fn(() => () => ({ deps: world.deps(), settings: defaultRunSettings }));
    connect.mockImplementationOnce(() => {
      throw new ArchiverError("misconfigured", "No bucket.", { advice: "Deploy again." });
    });
    const handler = createHandler(ENVIRONMENT, connect);
    await expect(handler(DRAIN, contextWith(600_000))).rejects.toThrow("No bucket.");
    await handler(DRAIN, contextWith(600_000));
    await handler(DRAIN, contextWith(600_000));
    expect(connect).toHaveBeenCalledTimes(2);
  });

  it("logs of an error only what is text for people, whatever else it carries", async () => {
    const world = createWorld();
    const cause = Object.assign(new Error("The service said no."), {
      $metadata: { httpStatusCode: 403 },
      $response: { headers: { authorization: `Bearer ${CANARY}` } },
      config: { token: CANARY },
    });
    const error = new ArchiverError("unavailable", "It does not work.", { advice: "Mend it.", cause });
    await expect(createInvoker(() => world.deps({ source: failing(error) }))(DRAIN)).rejects.toThrow();
    expect(JSON.stringify(lines)).toContain("The service said no.");
    expect(JSON.stringify(lines)).not.toContain(CANARY);
  });

  it("leaves nothing of one workspace in the lines of the next", async () => {
    const world = createWorld();
    const invoke = createInvoker(world.deps);
    await invoke(DRAIN);
    lines.length = 0;
    await expect(invoke({})).rejects.toThrow();
    expect(logged("the run failed")[0]).not.toHaveProperty("workspace");
  });
});

describe("the census", () => {
  const CENSUS = { task: "census" };
  const environment = {
    ...ENVIRONMENT,
    ARCHIVE_BUCKET: "archive-bucket",
    ARCHIVE_BUCKET_OWNER: "123456789012",
    CHECKPOINT_TABLE: "Checkpoints",
    RETIRED_WORKSPACES: '["1100"]',
    RUN_SETTINGS: "{}",
    SOURCE_BASE_URL: "https://app.asana.com/api/1.0",
    TOKEN_SECRETS: '{"1201":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf"}',
  };
  const { lines, metrics } = catchLogLines();
  const folders = (...workspaces: string[]): WireAnswer => ({
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${workspaces
      .map((gid) => `<CommonPrefixes><Prefix>events/workspace=${gid}/</Prefix></CommonPrefixes>`)
      .join("")}</ListBucketResult>`,
  });
  const checkpoints = (...workspaces: string[]): WireAnswer => ({
    status: 200,
    headers: { "content-type": "application/x-amz-json-1.0" },
    body: JSON.stringify({ Items: workspaces.map((gid) => ({ workspace: { S: gid } })) }),
  });

  const invoke = (...answers: WireAnswer[]) => invokeIn(12, ...answers);

  async function invokeIn(hour: number, ...answers: WireAnswer[]) {
    const wire = await startAwsWire(...answers);
    const [s3, dynamodb] = [
      new S3Client({ ...wire.client, maxAttempts: 1, forcePathStyle: true }),
      new DynamoDBClient({ ...wire.client, maxAttempts: 1 }),
    ];
    onTestFinished(() => {
      s3.destroy();
      dynamodb.destroy();
    });
    const connect = vi.fn();
    const handler = createHandler(environment, connect, (given) => countWorkspaces(readConfig(given), s3, dynamodb), {
      now: () => Date.UTC(2026, 4, 1, hour),
    });
    const result = handler(CENSUS, contextWith(600_000));
    await result.catch(() => {});
    expect(connect).not.toHaveBeenCalled();
    return { result: await result, requests: wire.requests };
  }

  it("finds workspaces with segments or a checkpoint that are neither collected nor retired, in two requests", async () => {
    const { result, requests } = await invoke(folders("1100", "1201", "1202"), checkpoints("1203", "1201"));
    expect(result).toEqual({ task: "census", uncollected: ["1202", "1203"] });
    expect(requests[0]!.url).toMatch(/delimiter=%2F&.*prefix=events%2F/);
    expect(JSON.parse(String(requests[1]!.body))).toEqual({
      TableName: "Checkpoints",
      Select: "SPECIFIC_ATTRIBUTES",
      ProjectionExpression: "workspace",
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ message: "workspaces are no longer collected", workspaces: ["1202", "1203"] }),
    );
  });

  it("reports how many there are as the archive's own metric, of no workspace", async () => {
    await invoke(folders("1202"), checkpoints());
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotCollected: 1, service: "Archive" })]);
    expect(metrics()[0]).not.toHaveProperty("workspace");
  });

  it("finds nothing where all are collected or retired, and says so in the metric too", async () => {
    const { result } = await invoke(folders("1100", "1201"), checkpoints("1201"));
    expect(result).toEqual({ task: "census", uncollected: [] });
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotCollected: 0 })]);
  });

  it("that finds nothing is told in two hours of three, because each hour is billed; one that finds something in all", async () => {
    await invokeIn(14, folders("1201"), checkpoints("1201"));
    expect(metrics()).toEqual([]);
    await invokeIn(14, folders("1202"), checkpoints());
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotCollected: 1 })]);
  });

  it("that cannot look reports nothing, so that the alarm goes off for missing data", async () => {
    await expect(invoke({ status: 403, body: "" })).rejects.toThrow(/list the workspaces that have segments/);
    expect(metrics()).toEqual([]);
  });
});

const failing = (error: Error): EventSource => ({
  page: async () => {
    throw error;
  },
});

/** Answers nothing until the run is told that its time is up. */
const waiting: EventSource = {
  page: (_request, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    }),
};
