/** `doctor --stack` as a process, against an account in which the stack was deployed: the real template, the SDK's real requests. */
import { expect, it } from "vitest";
import type { DoctorFinding } from "../../cli/doctor/finding.ts";
import { FEED_TOKEN } from "../../feed/options.ts";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { type Instant, msToInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import { runCli, startFeed, WORKSPACE } from "../cli/run-cli.ts";
import { type AccountState, type AwsAccount, STACK, startAwsAccount } from "../fakes/aws-account.ts";
import { synthesise } from "../infra/synth.ts";

const ago = (minutes: number): Instant => msToInstant(Date.now() - minutes * 60_000);

/** After runs that took place lately. */
const checkpoint = (drained: number, rescanned: number): CheckpointState => ({
  ...emptyCheckpoint,
  watermark: ago(drained),
  tail: {
    from: null,
    offset: { token: "offset", startAt: null, endAt: null, obtainedAt: ago(drained), newest: null },
    failedRuns: 0,
  },
  scheduled: { recentUntil: ago(rescanned), settledThrough: null, agedThrough: null },
});

async function examine(changes: (account: AwsAccount) => Partial<AccountState> = () => ({}), settings: object = {}) {
  const template = synthesise({ workspaces: [WORKSPACE], ...settings });
  const account = await startAwsAccount(template, { checkpoint: checkpoint(5, 30) });
  Object.assign(account.state, changes(account));
  const args = ["doctor", "--stack", STACK, "--json"];
  const { code, stdout, stderr } = await runCli(args, { token: null, env: { ...account.env } });
  const lines = stdout.split("\n").filter((line) => line !== "");
  const findings: DoctorFinding[] = lines.map((line) => JSON.parse(line));
  const of = (check: string | RegExp) =>
    findings.find((finding) => (typeof check === "string" ? finding.check === check : check.test(finding.check)));
  return { account, code, findings, of, stdout, stderr };
}

const wrong = (findings: readonly DoctorFinding[]): string[] =>
  findings.flatMap(({ check, verdict }) => (verdict === "ok" ? [] : [`${verdict}: ${check}`]));

it("an archive that is as it was deployed and runs ends with 0, and every policy is found as it was put", async () => {
  const { code, findings, account, of } = await examine();
  expect({ code, wrong: wrong(findings) }).toEqual({ code: 0, wrong: [] });
  const kinds = findings.map(({ check }) => check.replace(/ (of|for) .*/, "").replace(/^key .*/, "key"));
  expect([...new Set(kinds)]).toEqual([
    "region",
    "identity",
    "clock",
    "stack",
    "lock",
    "key",
    "policy",
    "schedules",
    "last drain",
    "last rescan",
    "last seal",
    "token",
    "quota",
    "alarm subscriptions",
    "subscriptions to seals",
    "trail",
  ]);
  const keys = [/^ArchiveKey/, /Operations/, /Sealing/].map((id) => account.find("AWS::KMS::Key", id).ref);
  for (const key of keys) {
    expect(of(`key ${key}`)?.found).toBe("enabled (a key)");
    expect(of(`policy of key ${key}`)?.found).toMatch(/^as it was deployed \([0-9a-f]{16}\)$/);
  }
  expect(findings.filter(({ check }) => check.startsWith("policy of bucket"))).toHaveLength(4);
  expect(of("lock")?.found).toBe("governance for 2,557 days");
  expect(of(/^token/)?.found).toMatch(/^a drain read the audit log with it 5 min \d+ s ago/);
});

it("nothing but looking is done", async () => {
  const { account } = await examine();
  expect([...new Set(account.calls)].filter((action) => !/^(Get|Describe|List)/.test(action))).toEqual([]);
});

it("with S3's own keys, and with somebody else's, all is looked at that there is", async () => {
  const own = await examine(undefined, { encryption: "sse-s3" });
  expect({ code: own.code, wrong: wrong(own.findings) }).toEqual({ code: 0, wrong: [] });
  const archiveKeyArn = "arn:aws:kms:eu-west-1:210987654321:key/1b4e28ba-2fa1-41d2-883f-0016d3cca427";
  const foreign = await examine(() => ({ keyStates: { [archiveKeyArn]: "Disabled" } }), { archiveKeyArn });
  expect(wrong(foreign.findings)).toEqual([`not ok: key ${archiveKeyArn}`]);
  const [sealingKeyArn, formerSealingKeyArn] = ["2", "1"].map((id) => `arn:aws:kms:eu-west-1:210987654321:key/${id}`);
  const change = { sealingKeyArn, formerSealingKeyArn };
  const changing = await examine(() => ({ keyStates: { [formerSealingKeyArn!]: "Disabled" } }), change);
  expect(wrong(changing.findings)).toEqual([`not ok: key ${formerSealingKeyArn}`]);
  expect(changing.of(`key ${sealingKeyArn}`)?.verdict).toBe("ok");
});

const bucket = (account: AwsAccount) => account.find("AWS::S3::Bucket", /^ArchiveBucket/).ref;
const key = (account: AwsAccount) => account.find("AWS::KMS::Key", /^ArchiveKey/).ref;
const drain = (account: AwsAccount) => account.find("AWS::Scheduler::Schedule", /drain/).ref;

it.each<[string, (account: AwsAccount) => Partial<AccountState>, RegExp, RegExp]>([
  ["the lock is off", () => ({ lock: null }), /^lock$/, /not locked/],
  [
    "the lock is shorter",
    () => ({ lock: { Mode: "GOVERNANCE", Days: 1 } }),
    /^lock$/,
    /1 days, but governance for 2,557/,
  ],
  ["a key is to be deleted", (a) => ({ keyStates: { [key(a)]: "PendingDeletion" } }), /^key/, /will be deleted/],
  [
    "a bucket's policy was changed",
    (a) => ({ otherPolicies: { [bucket(a)]: "{}" } }),
    /^policy of bucket/,
    /instead of/,
  ],
  ["a key's policy was changed", (a) => ({ otherPolicies: { [key(a)]: "{}" } }), /^policy of key/, /instead of/],
  [
    "a schedule is off",
    (a) => ({ scheduleStates: { ...a.state.scheduleStates, [drain(a)]: "DISABLED" } }),
    /^schedules/,
    /not enabled/,
  ],
  ["rescans no longer end", () => ({ checkpoint: checkpoint(5, 200) }), /^last rescan/, /3 h 20 min ago/],
  ["nothing was sealed for days", () => ({ sealedAt: Date.now() - 4 * 86_400_000 }), /^last seal/, /4 d.* one is due/],
  ["mail is not confirmed", () => ({ subscriptions: { "b@c.de": "PendingConfirmation" } }), /^alarm/, /b@c\.de/],
  ["no trail is logging", () => ({ trails: [{ name: "t", isLogging: false, type: "All" }] }), /^trail/, /not logging/],
  [
    "the trail leaves out reads",
    () => ({ trails: [{ name: "t", isLogging: true, type: "WriteOnly" }] }),
    /^trail/,
    /read/,
  ],
  ["too few runs may take place", () => ({ unreserved: 1 }), /^quota/, /1 run at once/],
  ["the clock is wrong", () => ({ aheadMs: 3_600_000 }), /^clock$/, /behind that of AWS/],
])("where %s, that alone is not ok, and it ends with 1", async (_, changes, check, found) => {
  const { code, findings } = await examine(changes);
  const bad = findings.filter(({ verdict }) => verdict !== "ok");
  expect(bad).toHaveLength(1);
  expect({ code, ...bad[0] }).toMatchObject({
    code: 1,
    verdict: "not ok",
    check: expect.stringMatching(check),
    found: expect.stringMatching(found),
  });
});

it("where no drain ends, nothing shows that the token works", async () => {
  const { code, of } = await examine(() => ({ checkpoint: checkpoint(60, 30) }));
  expect([code, of(/^last drain/)?.verdict, of(/^token/)?.verdict]).toEqual([1, "not ok", "cannot tell"]);
});

it("whoever may read the secret asks the source, which says what is wrong with the token", async () => {
  const { baseUrl, feed } = await startFeed({ events: 10 });
  const works = await examine(() => ({ token: FEED_TOKEN }), { sourceBaseUrl: baseUrl });
  expect(works.of(/^token/)).toMatchObject({ verdict: "ok", found: expect.stringContaining("it shows the audit log") });
  const fails = await examine(() => ({ token: "another-token" }), { sourceBaseUrl: baseUrl });
  expect([fails.code, fails.of(/^token/)]).toMatchObject([
    1,
    { verdict: "not ok", found: expect.stringContaining("401") },
  ]);
  expect(feed.requests.map(({ status }) => status)).toEqual([200, 401]);
  for (const { stdout, stderr } of [works, fails]) expect(stdout + stderr).not.toMatch(/another-token|feed-token/);
});

it("a secret without a token is a fault, however lately a drain has read", async () => {
  const { code, of } = await examine(() => ({ token: "" }));
  expect([code, of(/^token/)]).toMatchObject([
    1,
    { verdict: "not ok", found: expect.stringMatching(/holds no token$/) },
  ]);
});

it("whoever may not look is told who may, ends with 2, and sees all the rest", async () => {
  const denied = ["GetObjectLockConfiguration", "GetKeyPolicy", "GetItem", "GetAccountSettings", "GetTrailStatus"];
  const { code, findings, of } = await examine(() => ({ denied }));
  expect(code).toBe(2);
  expect(wrong(findings).map((text) => text.replace(/ (of|for) .*/, ""))).toEqual([
    "cannot tell: lock",
    "cannot tell: policy",
    "cannot tell: policy",
    "cannot tell: policy",
    "cannot tell: last drain",
    "cannot tell: last rescan",
    "cannot tell: token",
    "cannot tell: quota",
    "cannot tell: trail",
  ]);
  expect(of("lock")).toMatchObject({
    found: expect.stringContaining("access is denied"),
    cure: expect.stringContaining("as the auditor (output AuditorRole)"),
  });
});

it("without the template, what it names cannot be told; who is told of alarms can", async () => {
  const { code, findings, of } = await examine(() => ({ denied: ["GetTemplate"] }));
  expect([code, of("lock")?.verdict, of("alarm subscriptions")?.verdict]).toEqual([2, "cannot tell", "ok"]);
  expect(wrong(findings)).toHaveLength(9);
});

it("a stack that is not there, and credentials that are not valid, end the examination", async () => {
  const none = await examine(() => ({ stackStatus: null }));
  expect([none.code, none.findings.at(-1)?.found]).toEqual([1, `there is no stack ${STACK} in eu-west-1`]);
  const stranger = await examine(() => ({ denied: ["GetCallerIdentity"] }));
  expect([stranger.code, stranger.findings.map(({ check }) => check)]).toEqual([1, ["region", "identity"]]);
});
