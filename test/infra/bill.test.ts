/** The bill that `cost` estimates, against the template that it is the bill of. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import counted from "../../cli/cost/fixed.json" with { type: "json" };
import { pieces } from "../../cli/cost/model.ts";
import { definitions } from "../../infra/settings/definitions.ts";
import { BY_THE_PIECE, BY_USE, countBilled, countFixed, countTemplate, FREE } from "./billed.ts";
import { COPY, OTHER_WORKSPACE, type Resource, resourcesOf, synthesise, WORKSPACE } from "./synth.ts";

describe("the bill", () => {
  it("counts what the template has: npm run docs counts it again", () => {
    expect(counted, "run npm run docs").toEqual(countFixed());
  });

  it.each([
    ["dashboard=on", { dashboard: true }, {}],
    ["operationsKey=archive", { operationsKey: "archive" }, {}],
    ["tokenIn=parameters", { tokenIn: "parameters" }, {}],
    ["tracing=on", { tracing: true }, {}],
    ["keyRotation=on", { keyRotation: true }, {}],
    ["timestampUrls", { timeStamps: true }, { timestampUrls: ["https://tsa.example.com/tsr"] }],
    ["columnarCopy=on", { columnarCopy: true }, { columnarCopy: "on" }],
  ] as const)("knows what the setting %s adds or saves", (_name, input, settings) => {
    const defaults = {
      workspaces: 2,
      dashboard: false,
      operationsKey: "own",
      tokenIn: "secrets",
      timeStamps: false,
      columnarCopy: false,
    } as const;
    const {
      timeStamps: _stamps,
      columnarCopy: _columns,
      ...same
    } = { timeStamps: false, columnarCopy: false, ...input };
    const workspaces = [WORKSPACE, OTHER_WORKSPACE];
    const counted = countTemplate(synthesise({ ...same, ...settings, workspaces }));
    // The start of once a week is rounded in what `cost` knows.
    const startsPerDay = expect.closeTo(counted.startsPerDay, 5);
    expect(pieces({ ...defaults, ...input })).toEqual({ ...counted, startsPerDay });
  });

  it("knows of every type of resource whether and how AWS bills it", () => {
    const workspaces = [WORKSPACE, OTHER_WORKSPACE];
    const all = synthesise({
      workspaces,
      dashboard: "on",
      columnarCopy: "on",
      alarmEmails: "you@example.com",
      ...COPY,
    }).toJSON();
    const types = new Set(Object.values(all["Resources"] as Record<string, Resource>).map(({ Type }) => Type));
    expect(types, "say in billed.ts how it is billed").toEqual(new Set([...BY_THE_PIECE, ...BY_USE, ...FREE]));
  });

  it("knows that a second copy adds nothing on the archive's side but alarms", () => {
    const { stack, each } = countBilled();
    const { alarmMetrics } = counted.copy;
    expect(countBilled(COPY)).toEqual({ stack: { ...stack, alarmMetrics: stack.alarmMetrics + alarmMetrics }, each });
  });

  describe("of every setting", () => {
    const role = "arn:aws:iam::123456789012:role/one";
    const key = "arn:aws:kms:eu-west-1:123456789012:key/1";
    const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:asana-AbCdEf";
    /** Another value of each setting that leaves the count as it is. */
    const WITHOUT_COST = {
      retiredWorkspaces: ["1100"],
      stackName: "Another",
      drainEveryMinutes: 5, // whose starts `cost` asks for
      sourceBaseUrl: "https://asana.example.com/api/1.0",
      overlapMinutes: 90,
      pageLimit: 100,
      batchEvents: 1_000,
      batchMiB: 32,
      batchMinutes: 4,
      settledAfterHours: 8,
      agedAfterDays: 70,
      expireAfterDays: 4_000,
      tokenSecretKeyArns: [key],
      retentionDays: 400,
      longestRetentionDays: 2_557,
      acknowledgeShortRetention: 30,
      acknowledgeComplianceDays: 30,
      keyRotation: "on", // no key more: see below
      sealName: "archive.example.com/asana",
      formerSealingKeyArn: key,
      stampEveryDays: 13,
      coldAfterDays: 90,
      breakGlassRoleArn: role,
      deploymentRoleArn: `${role}-two`,
      formerDeploymentRoleArn: `${role}-three`,
      writerRoleArns: [`${role}-four`],
      readerPrincipalArns: [role],
      auditorPrincipalArns: [role],
      operatorPrincipalArns: [role],
      alarmEmails: ["you@example.com"],
      lagAlarmHours: 12,
      runbookUrl: "https://wiki.example.com/archive",
      memoryMiB: 1_024, // an option of `cost`
      reservedConcurrency: 5,
      tracing: "on", // an option of `cost`, by the run
      logLevel: "debug",
      logRetentionDays: 731,
      queryScanLimitGiB: 10,
      tags: { team: "audit" },
    };
    /** These cannot be set beside the others. */
    const APART = {
      retentionMode: "compliance",
      acknowledgeComplianceDays: 2_557,
      lostSealingKey: "archive.example.com/asana+a5fb010f+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
    };
    /** Each has an option of `cost`: above. */
    const OPTIONS = ["workspaces", "dashboard", "operationsKey", "tokenIn", "timestampUrls", "replicaBucketArn"];
    /** What docs/cost.md says in words, with a value that changes the count. */
    const IN_WORDS: Readonly<Record<string, unknown>> = {
      columnarCopy: "on",
      encryption: "sse-s3",
      archiveKeyArn: key,
      sealingKeyArn: key,
      tokenSecretArns: { [WORKSPACE]: secret },
      verifyEveryDays: "",
    };
    /** Is set together with replicaBucketArn; and makes another stack, whose bill is that of the copy. */
    const OF_THE_COPY = ["replicaKeyArn", "replicaOf"];

    it("knows whether it changes what is billed by the piece", () => {
      const known = [WITHOUT_COST, APART, IN_WORDS].flatMap((one) => Object.keys(one)).concat(OPTIONS, OF_THE_COPY);
      expect(new Set(known), "say here what it costs").toEqual(new Set(Object.keys(definitions)));
      for (const settings of [WITHOUT_COST, APART]) expect(countBilled(settings)).toEqual(countBilled());
    });

    it.each(Object.entries(IN_WORDS))("has a word in docs/cost.md for what `cost` does not ask: %s", (name, value) => {
      const count = (settings: Record<string, unknown>) => countTemplate(synthesise(settings));
      expect(count({ [name]: value })).not.toEqual(count({}));
      expect(readFileSync("docs/cost.md", "utf8")).toContain(`\`${name}`);
    });
  });

  it("rotates the keys that encrypt, and only where the setting asks for it", () => {
    const rotated = (settings: Record<string, unknown>) =>
      Object.values(resourcesOf(synthesise(settings), "AWS::KMS::Key")).filter(
        ({ Properties }) => Properties.EnableKeyRotation === true,
      ).length;
    expect([rotated({}), rotated({ keyRotation: "on" })]).toEqual([0, counted.stack.encryptingKeys]);
  });
});
