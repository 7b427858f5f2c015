/** What sets off the tripwire: each call by the name that CloudTrail gives it, on this archive's resources and on no other's. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { matchesPattern } from "./event-pattern.ts";
import { ACCOUNT, REGION, type ResolvedResource, resolveTemplate } from "./policy/resolve.ts";
import { BREAK_GLASS, createStack, synthesise, TWENTY } from "./synth.ts";
import {
  aboutKey,
  account,
  alarm,
  archiveKey,
  arn,
  bucket,
  call,
  type Event,
  type Fields,
  fn,
  kinds,
  operationsKey,
  parameters,
  prefix,
  role,
  rules,
  sealer,
  sealingKey,
  sealsTopic,
  secret,
  shortName,
  table,
  topic,
  verifier,
} from "./tripwire-calls.ts";

/** EventBridge gives read-only calls only to a rule whose state asks for them. */
const ALL_STATES = ["ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];
const statesThatSee = (event: Event) => (event.detail["readOnly"] ? ALL_STATES.slice(1) : ALL_STATES);

/** The names of the rules that an event sets off. */
const setOff = (event: Event): string[] =>
  rules
    .filter(({ properties }) => statesThatSee(event).includes(properties.State))
    .filter(({ properties }) => matchesPattern(properties.EventPattern, event))
    .map(shortName);

const [parameterRule] = resolveTemplate(synthesise({ tokenIn: "parameters" })).filter(
  ({ type, properties }) => type === "AWS::Events::Rule" && /parameters$/.test(properties.Name),
) as [ResolvedResource];

describe("the tripwire", () => {
  describe.each(kinds)("$rule", ({ rule, service, names, own, others }) => {
    it.each(names)("%s on this archive's sets it off, and on no other's", (name) => {
      for (const fields of own) expect(setOff(call(service, name, fields)), JSON.stringify(fields)).toEqual([rule]);
      for (const fields of others) expect(setOff(call(service, name, fields)), JSON.stringify(fields)).toEqual([]);
    });
  });

  it("every name in a pattern is one of these", () => {
    for (const rule of rules.filter((one) => shortName(one) !== "refused")) {
      const known = kinds.find((kind) => kind.rule === shortName(rule));
      const wanted: (string | { prefix: string })[] = rule.properties.EventPattern.detail.eventName;
      for (const one of wanted) {
        const isSeen = known?.names.some((name) =>
          typeof one === "string" ? name === one : name.startsWith(one.prefix),
        );
        expect(isSeen, `${shortName(rule)}: ${JSON.stringify(one)}`).toBe(true);
      }
    }
  });

  it("docs/security.md lists every name in a pattern", async () => {
    const page = await readFile("docs/security.md", "utf8");
    const section = /\n## The tripwire\n(.*?)\n## /s.exec(page)?.[1] ?? "";
    const listed = new Set([...section.matchAll(/`([A-Z]\w+\*?)`/g)].map(([, name]) => name));
    const wanted = [...rules, parameterRule].flatMap(
      (rule): (string | { prefix: string })[] => rule.properties.EventPattern.detail.eventName ?? [],
    );
    const names = wanted.map((one) => (typeof one === "string" ? one : `${one.prefix}*`));
    expect([...listed].sort()).toEqual([...new Set(names)].sort());
  });

  it.each(
    [archiveKey, operationsKey, sealingKey, table, fn, sealer, verifier]
      .map((one) => one.arn)
      .concat(topic, sealsTopic),
  )("a refused call that names %s in nothing but its message sets it off", (resource) => {
    const refused = (about: string, more: Fields = {}) =>
      call("any", "AnyName", {
        requestParameters: null,
        errorCode: "AccessDenied",
        errorMessage: `User: arn:aws:sts::${ACCOUNT}:assumed-role/administrator/me is not authorized to perform: any:AnyName on resource: ${about} with an explicit deny in a resource-based policy`,
        ...more,
      });
    expect(setOff(refused(resource))).toEqual(["refused"]);
    expect(setOff(refused(resource, { errorCode: "AccessDeniedException" }))).toEqual(["refused"]);
    expect(setOff(refused("arn:aws:any:::another"))).toEqual([]);
    expect(setOff(refused(resource, { readOnly: true }))).toEqual([]);
    expect(setOff(refused(resource, { errorCode: "ThrottlingException" }))).toEqual([]);
  });

  it.each([
    ["s3", "GetBucketPolicy", parameters({ bucketName: bucket })],
    ["s3", "PutObject", parameters({ bucketName: bucket, key: "events/1" })],
    ["kms", "Decrypt", aboutKey(archiveKey.arn)],
    ["kms", "CancelKeyDeletion", parameters({ keyId: archiveKey.ref })],
    ["kms", "EnableKey", parameters({ keyId: archiveKey.ref })],
    ["secretsmanager", "GetSecretValue", parameters({ secretId: secret })],
    ["secretsmanager", "PutSecretValue", parameters({ secretId: secret })],
    ["sns", "Subscribe", parameters({ topicArn: topic })],
    ["monitoring", "SetAlarmState", parameters({ alarmName: alarm })],
    ["sts", "AssumeRole", parameters({ roleArn: role.arn })],
  ])("what the archive and its people do every day does not: %s %s", (service, name, fields) => {
    expect(setOff(call(service, name, fields))).toEqual([]);
  });

  it("only a call that CloudTrail tells of does, and only of the service that it names", () => {
    const event = call("kms", "DisableKey", parameters({ keyId: archiveKey.ref }));
    expect(setOff(event)).toEqual(["keys"]);
    expect(setOff({ ...event, "detail-type": "KMS CMK Rotation" })).toEqual([]);
    expect(setOff({ ...event, source: "my.app" })).toEqual([]);
  });

  it("only the rule of the break-glass role asks for read-only calls, of which there are many", () => {
    const asking = rules.filter(({ properties }) => properties.State !== "ENABLED");
    expect(asking.map(shortName)).toEqual(["break-glass"]);
  });

  it("tells the topic who called what, with which outcome; what cannot be told is kept in the queue of undelivered runs", () => {
    for (const { properties } of rules) {
      const [target, ...others] = properties.Targets;
      expect(others).toEqual([]);
      expect(target).toMatchObject({
        Arn: topic,
        RoleArn: account.find("AWS::IAM::Role", /Tripwire/).arn,
        DeadLetterConfig: { Arn: account.find("AWS::SQS::Queue", /Undelivered/).arn },
      });
      const { InputPathsMap, InputTemplate } = target.InputTransformer;
      for (const path of ["eventName", "errorCode", "userIdentity.arn", "sourceIPAddress", "eventTime", "eventID"])
        expect(Object.values(InputPathsMap)).toContain(`$.detail.${path}`);
      expect(InputTemplate).toContain(`AsanaAuditArchive (${ACCOUNT}, ${REGION})`);
      expect(InputTemplate).toContain('the section "Tripwire" of docs/runbook.md'.replaceAll('"', '\\"'));
    }
  });

  it("the queue of undelivered runs takes it from every rule by one statement: SQS takes 20", () => {
    const queue = account.find("AWS::SQS::Queue", /Undelivered/);
    const policies = resolveTemplate(synthesise({ breakGlassRoleArn: BREAK_GLASS, workspaces: TWENTY })).filter(
      ({ type, properties }) => type === "AWS::SQS::QueuePolicy" && properties.Queues.includes(queue.ref),
    );
    expect(policies.flatMap(({ properties }) => properties.PolicyDocument.Statement)).toEqual([
      expect.objectContaining({ Effect: "Deny" }),
      {
        Sid: "RecordUndelivered",
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queue.arn,
        Condition: { ArnLike: { "aws:SourceArn": arn("events", `rule/${prefix}*`) } },
      },
    ]);
  });

  it("watches the parameters of all workspaces, if tokens are there, in whatever way a call names them", () => {
    const name = "/asana-audit-archive/AsanaAuditArchive/1201";
    const setsOff = (event: string, fields: Fields) =>
      matchesPattern(parameterRule.properties.EventPattern, call("ssm", event, fields));
    const removed = [
      ["DeleteParameter", { name }],
      ["DeleteParameters", { names: ["/other", name] }],
      ["PutResourcePolicy", { resourceArn: arn("ssm", `parameter${name}`) }],
    ] as const;
    for (const [event, fields] of removed) expect(setsOff(event, parameters(fields)), event).toBe(true);
    expect(setsOff("DeleteParameter", parameters({ name: "/asana-audit-archive/AsanaAuditArchive2/1201" }))).toBe(
      false,
    );
    for (const event of ["PutParameter", "GetParameter"])
      expect(setsOff(event, parameters({ name })), event).toBe(false);
  });

  it("watches twenty workspaces' secrets, own ones and given ones", () => {
    const given = arn("secretsmanager", "secret:asana-AbCdEf");
    const stack = synthesise({ workspaces: TWENTY, tokenSecretArns: { [TWENTY[0]!]: given } });
    const watched = resolveTemplate(stack)
      .filter(({ type, properties }) => type === "AWS::Events::Rule" && /secrets-\d+$/.test(properties.Name))
      .flatMap(({ properties }) => properties.EventPattern.detail.requestParameters.secretId);
    expect(watched).toHaveLength(3 * 20);
    expect(watched).toEqual(expect.arrayContaining(["asana", given.slice(0, -7), given]));
  });

  it("a pattern that would be longer than EventBridge takes is refused before a deployment", () => {
    const long = arn("secretsmanager", `secret:${"n".repeat(500)}-AbCdEf`);
    const tokenSecretArns = Object.fromEntries(TWENTY.slice(0, 5).map((gid) => [gid, long]));
    expect(() => createStack({ workspaces: TWENTY.slice(0, 5), tokenSecretArns })).toThrow(
      /event pattern.*secrets-1.*2048.*tokenSecretArns/,
    );
  });

  it("takes few of the 30 rules with wildcards that a bus may have", () => {
    const wild = rules.filter(({ properties }) => JSON.stringify(properties.EventPattern).includes('"wildcard"'));
    expect(wild.map(shortName).sort()).toEqual(["function", "refused"]);
  });

  it("without a break-glass role and with S3's own keys, there is nothing of them to watch", () => {
    const plain = resolveTemplate(synthesise({ encryption: "sse-s3" })).filter(
      ({ type }) => type === "AWS::Events::Rule",
    );
    expect(plain.map(shortName)).not.toContain("break-glass");
    const { keyId } = plain.find((rule) => shortName(rule) === "keys")!.properties.EventPattern.detail.$or[0]
      .requestParameters;
    expect(keyId).toEqual([operationsKey, sealingKey].flatMap(({ ref, arn }) => [ref, arn]));
  });
});

describe("the matcher of patterns decides as EventBridge documents it", () => {
  it.each([
    [{ a: ["x", "y"] }, { a: "y" }, true],
    [{ a: ["x"] }, { a: ["z", "x"] }, true],
    [{ a: ["x"] }, {}, false],
    [{ a: ["x"], b: ["y"] }, { a: "x", b: "z" }, false],
    [{ a: { b: ["x"] } }, { a: [{ b: "z" }, { b: "x" }] }, true],
    [{ a: { b: ["x"] } }, { a: null }, false],
    [{ a: [{ prefix: "x" }] }, { a: "xy" }, true],
    [{ a: [{ prefix: "x" }] }, { a: "yx" }, false],
    [{ a: [{ wildcard: "*x.z*" }] }, { a: "wx.zy" }, true],
    [{ a: [{ wildcard: "*x.z*" }] }, { a: "wx-zy" }, false],
    [{ $or: [{ a: ["x"] }, { b: ["y"] }] }, { b: "y" }, true],
    [{ $or: [{ a: ["x"] }, { b: ["y"] }], c: ["z"] }, { b: "y" }, false],
  ])("%j in %j: %s", (pattern, event, matches) => {
    expect(matchesPattern(pattern, event)).toBe(matches);
  });

  it("refuses to guess at an operator that it does not know", () => {
    expect(() => matchesPattern({ a: [{ suffix: "x" }] }, { a: "x" })).toThrow(/suffix/);
  });
});
