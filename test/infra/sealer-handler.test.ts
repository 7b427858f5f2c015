/** The sealer as Lambda calls it; its log lines and metrics are what is looked at. What a seal says is tested where it is made. */
import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { readSealerConfig } from "../../lambda/config.ts";
import { SEAL_NAME, TIME_IN_HAND_MS, VERIFIER_KEY } from "../../lambda/contract.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { msToInstant } from "../../lambda/event/instant.ts";
import { parseVerifierKey, printVerifierKey } from "../../lambda/seal/note.ts";
import type { SealReport } from "../../lambda/seal/sealer.ts";
import type { StampReport } from "../../lambda/seal/stamp-newest.ts";
import { isArchiveName, type WholeSecond } from "../../lambda/seal/text.ts";
import type { Sealing } from "../../lambda/sealer-dependencies.ts";
import { createSealerHandler } from "../../lambda/sealer-handler.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { catchLogLines } from "../fakes/log-lines.ts";
import { keyOfSigner } from "../seal/sample-chain.ts";
import { testSigner } from "../seal/signers.ts";

const SHA256 = "08f90483f59ee32124eeed6d46d52a6beb899068438cc9b3091e84cbcf1c7e55";
const SEAL = { number: 12, day: "2026-11-20", sha256: SHA256, sealed: "2026-11-21T07:00:00Z" as WholeSecond };

const NOW = Date.parse("2026-11-28T08:00:00Z");
const daysAgo = (days: number) => msToInstant(NOW - days * 86_400_000);

const reportOf = (workspace: string, change: Partial<SealReport> = {}): SealReport => ({
  workspace,
  sealed: [],
  newest: SEAL,
  dueDays: 0,
  incompleteDays: [],
  doubledDays: [],
  halted: null,
  ...change,
});
const faulty = (kind: ArchiverError["kind"]) => new ArchiverError(kind, "It does not work.", { advice: "Mend it." });

/** A sealing of these workspaces, by what each comes to; an error is thrown. */
function createSealing(outcomes: Readonly<Record<string, SealReport | Error>>) {
  const published: string[] = [];
  const asked: string[] = [];
  const sealing: Sealing = {
    workspaces: Object.keys(outcomes),
    retired: new Set(),
    clock: { now: () => NOW },
    stamp: null,
    takeOver: async () => null,
    async seal(workspace) {
      asked.push(workspace);
      const outcome = outcomes[workspace]!;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    async publish(workspace, { number, sha256 }) {
      published.push(`${workspace} ${number}:${sha256}`);
    },
  };
  return { sealing, published, asked };
}

const contextWith = (remainingMs: number) =>
  ({ awsRequestId: "request-1", functionName: "sealer", getRemainingTimeInMillis: () => remainingMs }) as Context;

const invoke = (open: () => Promise<Sealing>, remainingMs = 600_000) =>
  createSealerHandler({ ARCHIVE_NAME: "Archive" }, open)({}, contextWith(remainingMs));

describe("a sealing", () => {
  const { logged, metrics } = catchLogLines();

  it("seals every workspace, and tells of each new seal in one line and one message", async () => {
    const later = { ...SEAL, number: 13, day: "2026-11-21", sha256: SHA256.replaceAll("0", "1") };
    const { sealing, published } = createSealing({
      1201: reportOf("1201", { sealed: [SEAL, later], newest: later }),
      1202: reportOf("1202"),
    });
    expect(await invoke(async () => sealing)).toEqual({
      reports: [reportOf("1201", { sealed: [SEAL, later], newest: later }), reportOf("1202")],
    });
    expect(logged("sealed")).toEqual(
      [SEAL, later].map((seal) => expect.objectContaining({ level: "INFO", workspace: "1201", ...seal })),
    );
    expect(published).toEqual([SEAL, later].map(({ number, sha256 }) => `1201 ${number}:${sha256}`));
  });

  it("reports in its metrics, once for the archive, that nothing is left", async () => {
    await invoke(async () => createSealing({ 1201: reportOf("1201"), 1202: reportOf("1202") }).sealing);
    expect(metrics()).toEqual([
      expect.objectContaining({ service: "Archive", WorkspacesNotSealed: 0, SealerHalted: 0 }),
    ]);
    // Its alarm ends by itself, so there is nothing to pay for where no day has a gap.
    expect(metrics()[0]).not.toHaveProperty("DaysSealedWithGap");
    expect(metrics()[0]!["_aws"]).toMatchObject({
      CloudWatchMetrics: [{ Namespace: "AsanaAuditArchive", Dimensions: [["service"]] }],
    });
  });

  it.each([
    ["halted", { WorkspacesNotSealed: 1, SealerHalted: 1 }],
    ["unavailable", { WorkspacesNotSealed: 1, SealerHalted: 0 }],
    ["misconfigured", { WorkspacesNotSealed: 1, SealerHalted: 0 }],
  ] as const)(
    "of a workspace that ends as %s does not keep others from it, and fails in the end",
    async (kind, expected) => {
      const { sealing, published, asked } = createSealing({
        1201: faulty(kind),
        1202: reportOf("1202", { sealed: [SEAL] }),
      });
      await expect(invoke(async () => sealing)).rejects.toMatchObject({ kind });
      expect(asked).toEqual(["1201", "1202"]);
      expect(published).toEqual([`1202 12:${SHA256}`]);
      expect(logged("the workspace could not be sealed")).toEqual([
        expect.objectContaining({
          level: "ERROR",
          workspace: "1201",
          error: expect.objectContaining({ kind, advice: "Mend it." }),
        }),
      ]);
      expect(metrics()).toEqual([expect.objectContaining(expected)]);
    },
  );

  it("that halts in one place fails as halted, whatever else failed before", async () => {
    const { sealing } = createSealing({ 1201: faulty("unavailable"), 1202: faulty("halted") });
    await expect(invoke(async () => sealing)).rejects.toMatchObject({ kind: "halted" });
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotSealed: 2, SealerHalted: 1 })]);
  });

  it("that leaves settled days is no failure, and is counted unless it is the last one alone", async () => {
    const { sealing } = createSealing({
      1201: reportOf("1201", { dueDays: 2 }),
      1202: reportOf("1202", { dueDays: 1 }),
    });
    await invoke(async () => sealing);
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotSealed: 1, SealerHalted: 0 })]);
  });

  it("that could not go on after some seals tells of them, tries again and fails with what it meets", async () => {
    const { sealing, published } = createSealing({ 1201: reportOf("1201") });
    const halted = { reason: "It does not work.", advice: "Mend it." };
    const outcomes = [reportOf("1201", { sealed: [SEAL], halted }), faulty("halted")];
    const seal = async () => {
      const outcome = outcomes.shift()!;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    await expect(invoke(async () => ({ ...sealing, seal }))).rejects.toMatchObject({ kind: "halted" });
    expect(published).toEqual([`1201 12:${SHA256}`]);
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotSealed: 1, SealerHalted: 1 })]);
  });

  it("whose message cannot be published fails, and counts as not sealed: an alarm has to tell of it", async () => {
    const { sealing } = createSealing({ 1201: reportOf("1201", { sealed: [SEAL] }), 1202: reportOf("1202") });
    const publish = () => Promise.reject(faulty("unavailable"));
    await expect(invoke(async () => ({ ...sealing, publish }))).rejects.toMatchObject({ kind: "unavailable" });
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotSealed: 1, SealerHalted: 0 })]);
  });

  it("whose time is up begins no further workspace, and counts it and the one in hand as not sealed", async () => {
    const { sealing, published } = createSealing({ 1201: reportOf("1201"), 1202: reportOf("1202") });
    const asked: string[] = [];
    const untilTimeIsUp = (workspace: string, signal: AbortSignal): Promise<SealReport> =>
      new Promise((resolve) => {
        asked.push(workspace);
        signal.addEventListener("abort", () => resolve(reportOf(workspace, { sealed: [SEAL] })), { once: true });
      });
    await invoke(async () => ({ ...sealing, seal: untilTimeIsUp }), TIME_IN_HAND_MS + 1);
    expect(asked).toEqual(["1201"]);
    expect(published).toEqual([`1201 12:${SHA256}`]);
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotSealed: 2, SealerHalted: 0 })]);
    expect(logged("the sealing ran out of time")).toHaveLength(1);
  });

  it("counts the days that it sealed with a gap, but for workspaces that nobody looks at any more", async () => {
    const { sealing } = createSealing({
      1201: reportOf("1201", { incompleteDays: ["2026-11-12", "2026-11-13"] }),
      1202: reportOf("1202", { incompleteDays: ["2026-11-13"] }),
    });
    await invoke(async () => ({ ...sealing, retired: new Set(["1202"]) }));
    expect(metrics()).toEqual([expect.objectContaining({ DaysSealedWithGap: 2 })]);
  });

  it("tells of days that hold an event twice as of an archive that contradicts itself, although they were sealed", async () => {
    const { sealing } = createSealing({ 1201: reportOf("1201", { doubledDays: ["2026-11-12"] }) });
    await invoke(async () => sealing);
    expect(metrics()).toEqual([expect.objectContaining({ SealerHalted: 1, WorkspacesNotSealed: 0 })]);
  });

  it("has its key take over before it seals, and tells of the seal about that like of any other", async () => {
    const { sealing, published, asked } = createSealing({ 1201: reportOf("1201"), 1202: reportOf("1202") });
    const takeOver = async (workspace: string) => {
      asked.push(`take over ${workspace}`);
      return workspace === "1201" ? SEAL : null;
    };
    await invoke(async () => ({ ...sealing, takeOver }));
    expect(asked).toEqual(["take over 1201", "1201", "take over 1202", "1202"]);
    expect(published).toEqual([`1201 12:${SHA256}`]);
    expect(logged("another key signs from now on")).toEqual([
      expect.objectContaining({ level: "WARN", workspace: "1201", ...SEAL }),
    ]);
  });

  it("without a usable key fails before anything is read, and reports no metrics, which the alarm takes for the worst", async () => {
    await expect(invoke(() => Promise.reject(faulty("misconfigured")))).rejects.toMatchObject({
      kind: "misconfigured",
    });
    expect(logged("the sealing failed")).toEqual([
      expect.objectContaining({ level: "ERROR", error: expect.objectContaining({ advice: "Mend it." }) }),
    ]);
    expect(metrics()).toEqual([]);
  });
});

describe("a time stamp", () => {
  const { metrics } = catchLogLines();
  const fresh: StampReport = { stored: [], failures: [], newestAt: daysAgo(3) };
  const failed: StampReport = { stored: [], failures: ["the authority tsa did not answer"], newestAt: daysAgo(13.9) };

  it("is asked for when all is sealed, of the newest seal of each workspace that has one", async () => {
    const { sealing, asked } = createSealing({
      1201: reportOf("1201"),
      1202: reportOf("1202", { newest: null }),
      1203: faulty("halted"),
      1204: reportOf("1204"),
    });
    const stamp = async (workspace: string, seal: { readonly number: number }) => {
      asked.push(`stamp ${workspace} ${seal.number}`);
      return fresh;
    };
    await expect(invoke(async () => ({ ...sealing, stamp }))).rejects.toMatchObject({ kind: "halted" });
    expect(asked).toEqual(["1201", "1202", "1203", "1204", "stamp 1201 12", "stamp 1204 12"]);
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotStamped: 0, WorkspacesNotSealed: 1 })]);
  });

  it.each<[string, StampReport | Error, number]>([
    [
      "that no authority gave counts as missing once the last one is 14 days old",
      { ...failed, newestAt: daysAgo(14) },
      1,
    ],
    ["before that, it does not", failed, 0],
    ["where there never was one, it does at once", { ...failed, newestAt: null }, 1],
    ["of a seal that is stamped already does not, however old it is", { ...fresh, newestAt: daysAgo(40) }, 0],
    ["where the archive does not tell, it does", faulty("unavailable"), 1],
  ])("%s; the sealing fails in no case", async (_title, outcome, expected) => {
    const { sealing } = createSealing({ 1201: reportOf("1201", { sealed: [SEAL] }) });
    const stamp = async () => {
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    expect(await invoke(async () => ({ ...sealing, stamp }))).toMatchObject({ reports: [{ sealed: [SEAL] }] });
    expect(metrics()).toEqual([expect.objectContaining({ WorkspacesNotStamped: expected, WorkspacesNotSealed: 0 })]);
  });

  it("for which there was no time says nothing: the alarm keeps the state that it had", async () => {
    const { sealing, asked } = createSealing({ 1201: reportOf("1201"), 1202: reportOf("1202") });
    const stamp = (workspace: string, _seal: unknown, signal: AbortSignal): Promise<StampReport> =>
      new Promise((_resolve, reject) => {
        asked.push(`stamp ${workspace}`);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    await invoke(async () => ({ ...sealing, stamp }), TIME_IN_HAND_MS + 1);
    expect(asked.filter((one) => one.startsWith("stamp"))).toEqual(["stamp 1201"]);
    expect(metrics()[0]).not.toHaveProperty("WorkspacesNotStamped");
  });

  it("of which nobody is asked has no metric", async () => {
    await invoke(async () => createSealing({ 1201: reportOf("1201") }).sealing);
    expect(metrics()[0]).not.toHaveProperty("WorkspacesNotStamped");
  });
});

describe("the sealer's environment", () => {
  const good = {
    ARCHIVE_BUCKET: "archive",
    ARCHIVE_BUCKET_OWNER: "123456789012",
    WORKSPACES: '["1201"]',
    SEALING_KEY: "arn:aws:kms:eu-west-1:123456789012:key/1",
    SEAL_NAME: "AsanaAuditArchive.123456789012.eu-west-1",
    SEALS_TOPIC: "arn:aws:sns:eu-west-1:123456789012:seals",
    RUN_SETTINGS: JSON.stringify(defaultRunSettings),
  };

  it("is what the stack sets", () => {
    expect(readSealerConfig(good)).toEqual({
      bucket: "archive",
      bucketOwner: "123456789012",
      workspaces: ["1201"],
      keyArn: good.SEALING_KEY,
      sealName: good.SEAL_NAME,
      topicArn: good.SEALS_TOPIC,
      formerKeyArn: null,
      lostKey: null,
      stamps: null,
      settings: defaultRunSettings,
    });
  });

  it("may name the key before and the authorities that stamp", () => {
    const lostKey = printVerifierKey(keyOfSigner(testSigner()));
    const stamps = { urls: ["https://tsa.example.com/tsr"], everyDays: 7 };
    const more = {
      FORMER_SEALING_KEY: "arn:aws:kms:eu-west-1:123456789012:key/0",
      LOST_SEALING_KEY: lostKey,
      TIME_STAMPS: JSON.stringify(stamps),
    };
    expect(readSealerConfig({ ...good, ...more })).toMatchObject({
      formerKeyArn: more.FORMER_SEALING_KEY,
      lostKey,
      stamps,
    });
  });

  it.each([0, 1, 2])("takes a verifier key as it is printed: key %d", (which) => {
    const key = keyOfSigner(testSigner(which));
    expect(VERIFIER_KEY.test(printVerifierKey(key))).toBe(true);
    expect(VERIFIER_KEY.test(`${printVerifierKey(key)}=`)).toBe(false);
    expect(parseVerifierKey(printVerifierKey(key))).toEqual(key);
  });

  it.each([
    "AsanaAuditArchive.123456789012.eu-west-1",
    "archive.example.com/asana",
    "a:b@c_d",
    "a".repeat(128),
    "a".repeat(129),
    "",
    "/a",
    "a/",
    "a//b",
    "-a",
    "a b",
    "a+b",
    "ä",
  ])("takes a name exactly where a seal does: %j", (name) => {
    expect(SEAL_NAME.test(name)).toBe(isArchiveName(name));
  });

  it("is refused with everything that is wrong with it, and without a value", () => {
    const problems = (change: Record<string, string>) => {
      try {
        readSealerConfig({ ...good, ...change });
      } catch (error) {
        return (error as Error).message;
      }
      return null;
    };
    expect(problems({ SEALING_KEY: "", SEAL_NAME: "my archive", SEALS_TOPIC: "1/canary-token" })).toBe(
      "The function's environment is not usable: SEALING_KEY is not set; SEAL_NAME is not a name that seals may bear; " +
        "SEALS_TOPIC is not the ARN of a topic.",
    );
    expect(problems({ FORMER_SEALING_KEY: "1/canary-token", LOST_SEALING_KEY: "canary" })).toBe(
      "The function's environment is not usable: FORMER_SEALING_KEY is not the ARN of a key; LOST_SEALING_KEY is not a verifier key.",
    );
    for (const stamps of ["7", "{}", '{"urls":["http://tsa.example.com"],"everyDays":7}', '{"urls":[],"everyDays":0}'])
      expect(problems({ TIME_STAMPS: stamps })).toContain("TIME_STAMPS is not");
    expect(problems({ WORKSPACES: "[]", RUN_SETTINGS: "{" })).toContain("RUN_SETTINGS is not");
  });
});
