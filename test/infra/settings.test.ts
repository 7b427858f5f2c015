import { App } from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import { settingsInContext } from "../../infra/settings/context.ts";
import { accountProblems, readSettings, SettingsError } from "../../infra/settings/settings.ts";
import { createStack, TWENTY } from "./synth.ts";

const ROLE = "arn:aws:iam::123456789012:role/one";
const REQUIRED = { workspaces: ["1201"], alarmEmails: "none" };
const read = (given: Record<string, unknown>) => readSettings({ ...REQUIRED, ...given });

function problemsOf(given: Record<string, unknown>): readonly string[] {
  try {
    readSettings(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error("These settings were taken.");
}

describe("settings", () => {
  it("need a workspace, an address or the word none, and nothing else", () => {
    expect(read({})).toMatchObject({
      workspaces: ["1201"],
      stackName: "AsanaAuditArchive",
      drainEveryMinutes: 10,
      retentionMode: "governance",
      retentionDays: 2557,
      breakGlassRoleArn: null,
      reservedConcurrency: null,
    });
  });

  it("say how to name a workspace when none is named, and that somebody has to be notified", () => {
    expect(problemsOf({})).toEqual([
      "workspaces is empty, so there is nothing to archive. Set at least one workspace gid, with your other settings or as " +
        "-c workspaces=<gid>; it is the Domain ID on the settings page of the admin console.",
      expect.stringMatching(
        /^alarmEmails is not set, so nobody would be told .* -c alarmEmails=<address>; or the word none/,
      ),
    ]);
    expect(problemsOf({ workspaces: "1201", alarmEmails: "" })).toEqual([
      expect.stringMatching(/^alarmEmails is not set/),
    ]);
    expect(problemsOf({ workspaces: "1201" })).toHaveLength(1);
  });

  it.each([
    ["a list", ["1201", "1202"], ["1201", "1202"]],
    ["text with commas, as -c gives it", "1201, 1202", ["1201", "1202"]],
    ["one number, as JSON may hold it", 1201, ["1201"]],
  ])("take workspaces as %s", (_form, workspaces, expected) => {
    expect(read({ workspaces }).workspaces).toEqual(expected);
  });

  it.each([
    ["drainEveryMinutes", "5", 5],
    ["coldAfterDays", "", null],
    ["expireAfterDays", null, null],
    ["tracing", "on", true],
    ["tracing", true, true],
    ["tracing", "off", false],
    ["tags", "team=audit,cost-centre=42", { team: "audit", "cost-centre": "42" }],
    ["tags", { team: "audit" }, { team: "audit" }],
    ["alarmEmails", "a@example.com,b@example.com", ["a@example.com", "b@example.com"]],
    ["alarmEmails", "none", []],
    ["alarmEmails", [], []],
  ])("read %s from %j", (name, given, expected) => {
    expect(read({ [name]: given })[name as "tags"]).toEqual(expected);
  });

  it("stay what they are when they are read again, none included", () => {
    const once = read({ coldAfterDays: "", pageLimit: null, readerPrincipalArns: "" });
    expect(once).toMatchObject({ coldAfterDays: null, pageLimit: null, readerPrincipalArns: [] });
    expect(readSettings(once)).toEqual(once);
  });

  it("report all problems at once, each with the setting, the reason and what is allowed", () => {
    expect(
      problemsOf({ workspaces: ["1201", "x"], drainEveryMinutes: "90", retentionMode: "strict", retentionDay: 7 }),
    ).toEqual([
      expect.stringMatching(/^retentionDay is not a setting\. Known are: workspaces, .*retentionDays/),
      'workspaces is ["1201","x"]: wrong at "x": not in the expected form. Allowed: up to 20, separated by commas, each a ' +
        "workspace gid, which is digits only.",
      'drainEveryMinutes is "90": more than 60. Allowed: a whole number of minutes from 1 to 60.',
      'retentionMode is "strict": not one of the allowed values. Allowed: governance or compliance.',
    ]);
  });

  it.each([
    [{ drainEveryMinutes: 0 }, "less than 1"],
    [{ drainEveryMinutes: 2.5 }, "not a whole number"],
    [{ drainEveryMinutes: "10m" }, "not a whole number"],
    [{ workspaces: ["1201", "1201"] }, "contains 1201 twice"],
    [{ workspaces: ["0123"] }, "not in the expected form"],
    [{ workspaces: Array.from({ length: 21 }, (_, index) => String(1201 + index)) }, "21 entries"],
    [{ logRetentionDays: 8 }, "not a value that the service accepts"],
    [{ retentionDays: 400, coldAfterDays: null, expireAfterDays: 90 }, "less than 100"],
    [{ logLevel: "error" }, "not one of the allowed values"],
    [{ breakGlassRoleArn: "arn:aws:iam::123456789012:user/me" }, "not in the expected form"],
    [{ tokenSecretArns: "1201" }, 'missing a "="'],
    [
      { tokenSecretArns: { 1201: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:short" } },
      "not in the expected form",
    ],
    [{ sourceBaseUrl: "http://asana.example.com/api/1.0" }, "not in the expected form"],
    [{ sourceBaseUrl: "https://app.asana.com/api/1.0/" }, "not in the expected form"],
    [{ alarmEmails: "nobody" }, "not in the expected form"],
    [{ tags: { "aws:owner": "me" } }, "not in the expected form"],
    [{ stackName: "9lives" }, "not in the expected form"],
  ])("refuse %j", (given, why) => {
    expect(problemsOf({ ...REQUIRED, ...given })).toEqual([expect.stringContaining(why)]);
  });

  it("accept compliance mode only with its days repeated, since it cannot be undone", () => {
    const compliance = { retentionMode: "compliance", retentionDays: 2557 };
    expect(problemsOf({ ...REQUIRED, ...compliance })).toEqual([
      expect.stringMatching(/cannot be undone.*not even the root user.*also set acknowledgeComplianceDays to 2557\.$/),
    ]);
    expect(problemsOf({ ...REQUIRED, ...compliance, acknowledgeComplianceDays: 365 })).toHaveLength(1);
    expect(read({ ...compliance, acknowledgeComplianceDays: 2557 }).retentionMode).toBe("compliance");
  });

  it.each([
    [{ retiredWorkspaces: ["1201"] }, /^retiredWorkspaces contains 1201, which workspaces contains too/],
    [
      { expireAfterDays: 365 },
      /^expireAfterDays is 365, but segments are locked for 2557 days\. Allowed: 2557 or more/,
    ],
    [
      { retentionDays: 30, acknowledgeShortRetention: 30, longestRetentionDays: 30, expireAfterDays: 100 },
      /^coldAfterDays is 180, but segments expire after/,
    ],
    [
      { tokenSecretArns: { 1202: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:asana-AbCdEf" } },
      /^tokenSecretArns contains 1202, which is not in workspaces/,
    ],
    [
      {
        tokenIn: "parameters",
        tokenSecretArns: { 1201: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:asana-AbCdEf" },
      },
      /^tokenSecretArns names secrets, but tokenIn is parameters/,
    ],
    [
      { retentionDays: 400, expireAfterDays: 500 },
      /^expireAfterDays is 500, but longestRetentionDays is not set\. .*400\.$/,
    ],
    [
      { retentionDays: 400, longestRetentionDays: 399, expireAfterDays: 500 },
      /^expireAfterDays is 500, but longestRetentionDays is 399/,
    ],
    [
      { retentionDays: 400, longestRetentionDays: 2557, expireAfterDays: 500 },
      /^expireAfterDays is 500, but segments are locked for 2557 days\. Allowed: 2557 or more/,
    ],
    [
      { retentionDays: 7 },
      /^retentionDays is 7: .* also set acknowledgeShortRetention to 7; else allowed: 365 or more/,
    ],
    [{ retentionDays: 7, acknowledgeShortRetention: 30 }, /^retentionDays is 7/],
    [{ breakGlassRoleArn: ROLE, writerRoleArns: ROLE }, /^writerRoleArns names .*, and so does breakGlassRoleArn/],
    [{ deploymentRoleArn: ROLE, writerRoleArns: ROLE }, /^writerRoleArns names .*, and so does deploymentRoleArn/],
    [
      { breakGlassRoleArn: ROLE, deploymentRoleArn: ROLE },
      /^deploymentRoleArn names .*, and so does breakGlassRoleArn/,
    ],
    [
      { encryption: "sse-s3", archiveKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1" },
      /^archiveKeyArn is set, but encryption is sse-s3/,
    ],
    [{ operationsKey: "archive", encryption: "sse-s3" }, /^operationsKey is archive, but the stack creates no key/],
    [
      { operationsKey: "archive", archiveKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1" },
      /^operationsKey is archive, but the stack creates no key/,
    ],
    [
      {
        retentionMode: "compliance",
        acknowledgeComplianceDays: 2557,
        breakGlassRoleArn: "arn:aws:iam::123456789012:role/break-glass",
      },
      /^breakGlassRoleArn is set, but in compliance mode that role could delete nothing/,
    ],
  ])("refuse what contradicts itself: %j", (given, why) => {
    expect(problemsOf({ ...REQUIRED, ...given })).toEqual([expect.stringMatching(why)]);
  });

  it("name roles of the stack's account only: of any other, everybody would be locked out", () => {
    const elsewhere = ROLE.replace("123456789012", "210987654321");
    const settings = read({ deploymentRoleArn: elsewhere });
    expect(accountProblems(settings, "210987654321")).toEqual([]);
    expect(accountProblems(settings, "123456789012")).toEqual([
      expect.stringMatching(
        /^deploymentRoleArn is .* another account than the one that is deployed into, 123456789012/,
      ),
    ]);
    expect(accountProblems(settings, null)).toEqual([]);
    expect(accountProblems(read({ deploymentRoleArn: elsewhere, writerRoleArns: [ROLE] }), null)).toEqual([
      expect.stringMatching(/^writerRoleArns is .* another account than that of deploymentRoleArn, 210987654321/),
    ]);
  });

  it("that would give the function a longer environment than Lambda takes are refused before a deployment", () => {
    const retired = (count: number) =>
      Array.from({ length: count }, (_, index) => String(1_101_234_567_890_100 + index));
    expect(() => createStack({ workspaces: TWENTY })).not.toThrow();
    expect(() => createStack({ retiredWorkspaces: retired(100) })).not.toThrow();
    expect(() => createStack({ workspaces: TWENTY, retiredWorkspaces: retired(100) })).toThrow(
      /environment of .*Archiver\/Function\/Resource would have up to \d+ characters; AWS takes 4096\. Shorten retiredWorkspaces/,
    );
  });

  it("are told apart from the CDK's own context by their plain names", () => {
    const app = new App({
      context: {
        workspaces: "1201",
        workspace: "1202",
        "@aws-cdk/core:anything": true,
        "aws:cdk:bundling-stacks": [],
        "availability-zones:account=1:region=eu-west-1": [],
      },
    });
    expect(settingsInContext(app.node)).toEqual({ workspaces: "1201", workspace: "1202" });
    expect(problemsOf(settingsInContext(app.node))).toEqual([expect.stringMatching(/^workspace is not a setting/)]);
  });
});

describe("settings of seals", () => {
  const [one, two] = ["1", "2"].map((id) => `arn:aws:kms:eu-west-1:123456789012:key/${id}`) as [string, string];
  const lostSealingKey = "archive.example.com/asana+a5fb010f+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

  it("name the key that takes over and the one before, or that one's verifier key where it is lost", () => {
    expect(read({ sealingKeyArn: two, formerSealingKeyArn: one })).toMatchObject({ formerSealingKeyArn: one });
    // From a key of one's own back to one that the stack makes.
    expect(read({ formerSealingKeyArn: one })).toMatchObject({ sealingKeyArn: null });
    expect(read({ sealingKeyArn: two, lostSealingKey })).toMatchObject({ lostSealingKey });
  });

  it.each([
    [
      { sealingKeyArn: one, formerSealingKeyArn: one },
      /^formerSealingKeyArn names .*key\/1, and so does sealingKeyArn/,
    ],
    [{ sealingKeyArn: two, formerSealingKeyArn: one, lostSealingKey }, /are both set/],
    [{ sealingKeyArn: two, lostSealingKey: "a5fb010f" }, /^lostSealingKey is "a5fb010f".*a verifier key/],
  ])("refuse a change of keys that says two things: %j", (given, problem) => {
    expect(problemsOf({ ...REQUIRED, ...given })).toEqual([expect.stringMatching(problem)]);
  });

  it("take https URLs of time-stamping authorities, as a list or with commas, and none by default", () => {
    const urls = ["https://freetsa.org/tsr", "https://tsa.example.com:8443"];
    expect(read({ timestampUrls: urls.join(",") })).toMatchObject({ timestampUrls: urls, stampEveryDays: 7 });
    expect(read({})).toMatchObject({ timestampUrls: [] });
  });

  it.each([
    "http://tsa.example.com/tsr",
    "https://user:secret@tsa.example.com/tsr",
    "https://tsa.example.com/tsr?key=1",
    "tsa.example.com",
    "https://a.example,https://a.example",
    "https://a.example,https://b.example,https://c.example,https://d.example,https://e.example",
  ])("refuse authorities that are none: %s", (timestampUrls) => {
    expect(problemsOf({ ...REQUIRED, timestampUrls })).toEqual([expect.stringMatching(/^timestampUrls is/)]);
  });

  it("ask for stamps at least as often as the alarm waits for one", () => {
    expect(read({ stampEveryDays: 13 })).toMatchObject({ stampEveryDays: 13 });
    expect(problemsOf({ ...REQUIRED, stampEveryDays: 14 })).toHaveLength(1);
  });
});
