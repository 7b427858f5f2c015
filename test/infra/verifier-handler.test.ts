/** The verifier as Lambda calls it; its log lines and metrics are what is looked at. What it finds is tested where it is found. */
import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { readVerifierConfig, readVerifierInput } from "../../lambda/config.ts";
import type { VerifierInput } from "../../lambda/contract.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { inventoryKey } from "../../lambda/verification/work.ts";
import type { Verification } from "../../lambda/verifier-dependencies.ts";
import { createVerifierHandler } from "../../lambda/verifier-handler.ts";
import { keyOf, type Objects, sampleArchive } from "../archive/sample-archive.ts";
import { catchLogLines } from "../fakes/log-lines.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { codec } from "../segment/sample.ts";

const BEGAN = "2026-11-28T07:00:00.500Z";
const REPORT = "reports/verify/2026-11-28T070000.500Z.json";
const context = { awsRequestId: "1", functionName: "verifier", getRemainingTimeInMillis: () => 600_000 } as Context;
const { objects: good } = await sampleArchive();

function open(objects: Objects = new Map(good), change: Partial<Verification> = {}) {
  const kept: Objects = new Map();
  let nowMs = Date.parse(BEGAN);
  const parts: Verification = {
    archive: createMemoryArchive(objects),
    checkpoints: createMemoryCheckpoint(),
    work: createMemoryArchive(kept),
    codec,
    clock: { now: () => nowMs },
    everyDays: 30,
    expireAfterDays: null,
    readKeys: async () => [],
    ...change,
  };
  const handler = createVerifierHandler({ ARCHIVE_NAME: "Archive" }, () => parts);
  const ask = (input: VerifierInput) => handler(input, context);
  return {
    ask,
    parts,
    kept,
    report: () => JSON.parse(kept.get(REPORT)!.toString()),
    wait: (days: number) => {
      nowMs += days * 86_400_000;
    },
    async verifyAll() {
      await ask({ task: "plan", run: "r", began: BEGAN });
      for (const line of kept.get(inventoryKey("r"))!.toString().trim().split("\n"))
        await ask({ task: "portion", run: "r", portion: JSON.parse(line).portion });
      return await ask({ task: "report", run: "r", began: BEGAN });
    },
  };
}

describe("the verifier", () => {
  const { logged, metrics } = catchLogLines();

  it("plans, verifies portion by portion, and keeps a report that says what verify would say", async () => {
    const { ask, verifyAll, report } = open();
    expect(await ask({ task: "plan", run: "r", began: BEGAN })).toEqual({
      portions: 1,
      inventory: "runs/r/inventory.jsonl",
    });
    expect(await ask({ task: "portion", run: "r", portion: 1 })).toEqual({
      segments: 8,
      events: 26,
      faults: 0,
      unread: 0,
    });
    expect(await verifyAll()).toEqual({ outcome: "clean", faults: 0, report: REPORT });
    expect(report()).toMatchObject({
      format: 1,
      archiveName: "Archive",
      run: "r",
      began: BEGAN,
      ended: BEGAN,
      outcome: "clean",
      workspaces: [{ segments: 8, events: 26 }],
    });
    expect(metrics().at(-1)).toMatchObject({ service: "Archive", ArchiveNotVerified: 0 });
  });

  it("of an archive with a fault reports it in its metric, and names the report in its log", async () => {
    const objects = new Map(good);
    objects.delete(keyOf(2));
    const { verifyAll, report } = open(objects);
    expect(await verifyAll()).toEqual({ outcome: "faulty", faults: 1, report: REPORT });
    expect(report().faults).toMatchObject([{ invariant: "I3", key: keyOf(2), message: "is missing" }]);
    expect(metrics().at(-1)).toMatchObject({ ArchiveNotVerified: 1 });
    expect(logged("the archive is not verified")).toMatchObject([{ level: "ERROR", report: REPORT }]);
  });

  it("reports a verification that did not come to its end, and why", async () => {
    const { ask, report } = open();
    const failure = { Error: "States.TaskFailed", Cause: "no room" };
    await ask({ task: "report", run: "r", began: BEGAN, failure });
    expect(report()).toMatchObject({ outcome: "failed", reason: JSON.stringify(failure) });
    expect(metrics().at(-1)).toMatchObject({ ArchiveNotVerified: 1 });
  });

  it("excuses what the bucket's lifecycle may have removed by the time at which the verification began", async () => {
    const objects = new Map(good);
    objects.delete(keyOf(1));
    expect(await open(objects, { expireAfterDays: 200 }).verifyAll()).toMatchObject({ outcome: "clean" });
    expect(await open(objects, { expireAfterDays: 300 }).verifyAll()).toMatchObject({ outcome: "faulty" });
  });

  it.each([
    ["no verification has ended yet", 0, false],
    [null, 0, true],
    [null, 34, true],
    ["the newest verification began 35 days ago", 35, true],
  ])("a daily look says %j, %i days after the newest report", async (message, days, isVerified) => {
    const { ask, verifyAll, wait } = open();
    if (isVerified) await verifyAll();
    wait(days);
    expect(await ask({ task: "look" })).toMatchObject({ problem: message === null ? null : { message } });
    expect(metrics().at(-1)).toMatchObject({ ArchiveNotVerified: message === null ? 0 : 1 });
  });

  it("a daily look goes on telling of faults until a later verification finds none, and of no age where none is wanted", async () => {
    const objects = new Map(good);
    objects.delete(keyOf(2));
    const faulty = open(objects);
    await faulty.verifyAll();
    faulty.wait(3);
    const told = { problem: { message: "the newest verification found faults: 1", report: REPORT } };
    expect(await faulty.ask({ task: "look" })).toEqual(told);
    const byHand = open(undefined, { everyDays: null });
    await byHand.verifyAll();
    byHand.wait(400);
    expect(await byHand.ask({ task: "look" })).toEqual({ problem: null });
  });

  it("fails as its step failed, so that the state machine tries again", async () => {
    const archive = {
      ...createMemoryArchive(),
      // biome-ignore lint/correctness/useYield: it fails before it lists anything
      async *list(): AsyncGenerator<never> {
        throw new ArchiverError("unavailable", "No answer.", { advice: "Wait." });
      },
    };
    await expect(open(undefined, { archive }).ask({ task: "plan", run: "r", began: BEGAN })).rejects.toMatchObject({
      kind: "unavailable",
    });
    expect(logged("the step failed")).toHaveLength(1);
  });

  it("opens what it works with once, and again only where that failed", async () => {
    const { parts } = open();
    let calls = 0;
    const handler = createVerifierHandler({}, () => {
      calls += 1;
      if (calls === 1) throw new ArchiverError("misconfigured", "Nothing is set.", { advice: "Deploy." });
      return parts;
    });
    await expect(handler({ task: "look" }, context)).rejects.toMatchObject({ kind: "misconfigured" });
    for (const _ of [1, 2]) expect(await handler({ task: "look" }, context)).toMatchObject({ problem: {} });
    expect(calls).toBe(2);
  });

  it("refuses an event that names no step", async () => {
    for (const event of [null, {}, { task: "portion", run: "r" }, { task: "plan", run: "../r", began: BEGAN }])
      expect(() => readVerifierInput(event)).toThrow(expect.objectContaining({ kind: "misconfigured" }));
    expect(() => readVerifierInput({ task: "report", run: "r", began: "yesterday" })).toThrow(/does not name a step/);
  });
});

describe("the verifier's environment", () => {
  const environment = {
    ARCHIVE_BUCKET: "archive-bucket",
    ARCHIVE_BUCKET_OWNER: "123456789012",
    CHECKPOINT_TABLE: "Checkpoints",
    REPORTS_BUCKET: "reports-bucket",
    SEALING_KEY: "arn:aws:kms:eu-west-1:123456789012:key/1",
    SEAL_NAME: "archive.example.com",
    RUN_SETTINGS: "{}",
  };

  it("is read into a record, in which what is not set is none", () => {
    expect(readVerifierConfig(environment)).toEqual({
      bucket: "archive-bucket",
      bucketOwner: "123456789012",
      table: "Checkpoints",
      reportsBucket: "reports-bucket",
      keyArn: environment.SEALING_KEY,
      formerKeyArn: null,
      sealName: "archive.example.com",
      everyDays: null,
      settings: defaultRunSettings,
    });
    expect(readVerifierConfig({ ...environment, VERIFY_EVERY_DAYS: "30" }).everyDays).toBe(30);
  });

  it.each([
    ["REPORTS_BUCKET", "Reports", "the name of a bucket"],
    ["VERIFY_EVERY_DAYS", "0", "a number of days"],
    ["VERIFY_EVERY_DAYS", "often", "a number of days"],
    ["SEALING_KEY", "key", "the ARN of a key"],
  ])("refuses a %s like %j", (name, value, allowed) => {
    expect(() => readVerifierConfig({ ...environment, [name]: value })).toThrow(`${name} is not ${allowed}.`);
  });
});
