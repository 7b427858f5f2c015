/** What sets off the tripwire: each call by the name that CloudTrail gives it, on this archive's resources and on no other's. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { matchesPattern } from "./event-pattern.ts";
import { createAccount } from "./policy/account.ts";
import { ACCOUNT, REGION, type ResolvedResource, resolveTemplate } from "./policy/resolve.ts";
import { BREAK_GLASS, createStack, synthesise, TWENTY } from "./synth.ts";

const template = synthesise({ breakGlassRoleArn: BREAK_GLASS });
const account = createAccount(template, []);
const rules = resolveTemplate(template).filter(({ type }) => type === "AWS::Events::Rule");
const prefix = rules[0]!.properties.Name.replace(/buckets$/, "");
const shortName = (rule: { properties: { Name: string } }): string => rule.properties.Name.slice(prefix.length);

type Fields = Readonly<Record<string, unknown>>;
type Event = ReturnType<typeof call>;

/** As CloudTrail sends a call to EventBridge. It records every call to STS that assumes a role as read-only. */
const call = (service: string, eventName: string, fields: Fields) => ({
  source: `aws.${service}`,
  "detail-type": "AWS API Call via CloudTrail",
  account: ACCOUNT,
  region: REGION,
  detail: { eventName, eventSource: `${service}.amazonaws.com`, readOnly: service === "sts", ...fields },
});

/** EventBridge gives read-only calls only to a rule whose state asks for them. */
const ALL_STATES = ["ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];
const statesThatSee = (event: Event) => (event.detail["readOnly"] ? ALL_STATES.slice(1) : ALL_STATES);

/** The names of the rules that an event sets off. */
const setOff = (event: Event): string[] =>
  rules
    .filter(({ properties }) => statesThatSee(event).includes(properties.State))
    .filter(({ properties }) => matchesPattern(properties.EventPattern, event))
    .map(shortName);

const bucket = account.find("AWS::S3::Bucket", /^ArchiveBucket/).ref;
const accessLogs = account.find("AWS::S3::Bucket", /AccessLogs/).ref;
const results = account.find("AWS::S3::Bucket", /Results/).ref;
const reports = account.find("AWS::S3::Bucket", /Reports/).ref;
const archiveKey = account.find("AWS::KMS::Key", /^ArchiveKey/);
const operationsKey = account.find("AWS::KMS::Key", /Operations/);
const table = account.find("AWS::DynamoDB::Table");
const sealingKey = account.find("AWS::KMS::Key", /Sealing/);
const fn = account.find("AWS::Lambda::Function", /Archiver/);
const sealer = account.find("AWS::Lambda::Function", /Sealer/);
const role = account.find("AWS::IAM::Role", /Archiver/);
const sealerRole = account.find("AWS::IAM::Role", /Sealer/);
const verifier = account.find("AWS::Lambda::Function", /Verifier/);
const verifierRole = account.find("AWS::IAM::Role", /ArchiveVerifierRole/);
const topic = account.find("AWS::SNS::Topic", /Watch/).arn;
const sealsTopic = account.find("AWS::SNS::Topic", /Seals/).arn;
const secret = account.find("AWS::SecretsManager::Secret").arn;
const secretName = /:secret:(.*)-\w{6}$/.exec(secret)![1]!;
const group = account.find("AWS::Scheduler::ScheduleGroup").properties.Name;
const alarm = account.find("AWS::CloudWatch::Alarm", /Deadletters/).properties.AlarmName;
const deployer = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
const stackId = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/AsanaAuditArchive/1`;
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

const parameters = (requestParameters: Fields): Fields => ({ requestParameters });
const named = (field: string, ...values: readonly unknown[]): Fields[] =>
  values.map((value) => parameters({ [field]: value }));
const aboutKey = (key: string): Fields => ({ requestParameters: null, resources: [{ accountId: ACCOUNT, ARN: key }] });

const [parameterRule] = resolveTemplate(synthesise({ tokenIn: "parameters" })).filter(
  ({ type, properties }) => type === "AWS::Events::Rule" && /parameters$/.test(properties.Name),
) as [ResolvedResource];

interface Kind {
  readonly rule: string;
  readonly service: string;
  readonly names: readonly string[];
  /** How a call can name a resource of this archive, and one of another. */
  readonly own: readonly Fields[];
  readonly others: readonly Fields[];
}

const kinds: readonly Kind[] = [
  {
    rule: "buckets",
    service: "s3",
    names: [
      "PutBucketPolicy",
      "DeleteBucketPolicy",
      "PutBucketVersioning",
      "PutBucketObjectLockConfiguration",
      "PutObjectLockConfiguration",
      "PutBucketLifecycle",
      "PutBucketLifecycleConfiguration",
      "DeleteBucketLifecycle",
      "PutBucketEncryption",
      "DeleteBucketEncryption",
      "PutBucketPublicAccessBlock",
      "DeleteBucketPublicAccessBlock",
      "PutBucketOwnershipControls",
      "PutBucketAcl",
      "PutBucketLogging",
      "PutBucketReplication",
      "DeleteBucketReplication",
      "DeleteBucket",
      "DeleteObject",
      "DeleteObjects",
      "PutObjectRetention",
      "PutObjectLegalHold",
    ],
    own: named("bucketName", bucket, accessLogs, results, reports),
    others: named("bucketName", `${bucket}-2`, "somebody-elses-bucket"),
  },
  {
    rule: "keys",
    service: "kms",
    names: [
      "PutKeyPolicy",
      "DisableKey",
      "ScheduleKeyDeletion",
      "DisableKeyRotation",
      "DeleteImportedKeyMaterial",
      "CreateGrant",
      "RevokeGrant",
    ],
    own: [
      ...[archiveKey, operationsKey, sealingKey].flatMap(({ ref, arn }) => [
        ...named("keyId", ref, arn),
        aboutKey(arn),
      ]),
    ],
    others: [...named("keyId", "1234abcd", arn("kms", "key/1234abcd")), aboutKey(arn("kms", "key/1234abcd"))],
  },
  {
    rule: "table",
    service: "dynamodb",
    names: ["DeleteTable", "UpdateTable", "UpdateContinuousBackups", "PutResourcePolicy"],
    own: [...named("tableName", table.ref, table.arn), ...named("resourceArn", table.arn)],
    others: [...named("tableName", `${table.ref}-2`), ...named("resourceArn", `${table.arn}-2`)],
  },
  {
    rule: "function",
    service: "lambda",
    names: [
      "UpdateFunctionCode20150331v2",
      "UpdateFunctionConfiguration20150331v2",
      "UpdateAlias20150331",
      "DeleteAlias20150331",
      "DeleteFunction20150331",
      "PutFunctionConcurrency20171031",
      "AddPermission20150331v2",
      "CreateFunction20150331",
      "CreateFunctionUrlConfig",
    ],
    own: [
      ...[fn, sealer, verifier].flatMap(({ ref, arn }) =>
        named("functionName", ref, arn, `${ACCOUNT}:function:${ref}`, `${arn}:live`),
      ),
      ...[role, sealerRole, verifierRole].map(({ arn }) =>
        parameters({ functionName: "somebody-elses-function", role: arn }),
      ),
    ],
    others: [
      ...named("functionName", "somebody-elses-function", arn("lambda", "function:somebody-elses")),
      parameters({ functionName: "somebody-elses-function", role: `${role.arn}-2` }),
    ],
  },
  {
    rule: "roles",
    service: "iam",
    names: [
      "UpdateAssumeRolePolicy",
      "CreateRole",
      "DeleteRole",
      "AttachRolePolicy",
      "DetachRolePolicy",
      "PutRolePolicy",
      "DeleteRolePolicy",
      "PutRolePermissionsBoundary",
      "DeleteRolePermissionsBoundary",
    ],
    own: named("roleName", role.ref, sealerRole.ref, verifierRole.ref, deployer, "break-glass"),
    others: named("roleName", "another", `${deployer}-2`),
  },
  {
    rule: "break-glass",
    service: "sts",
    names: ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
    own: named("roleArn", BREAK_GLASS),
    others: named("roleArn", `${BREAK_GLASS}-2`),
  },
  {
    rule: "schedules",
    service: "scheduler",
    names: ["UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup"],
    own: [
      parameters({ name: "drain", groupName: group }),
      parameters({ Name: "drain", GroupName: group }),
      ...named("name", group),
      ...named("Name", group),
    ],
    others: [
      parameters({ name: "drain", groupName: "default" }),
      parameters({ Name: "drain", GroupName: "default" }),
      ...named("name", `${group}2`),
    ],
  },
  {
    rule: "alarms",
    service: "monitoring",
    names: ["DeleteAlarms", "DisableAlarmActions"],
    own: named("alarmNames", [alarm], ["somebody else's", alarm]),
    others: named("alarmNames", ["somebody else's"], ["AsanaAuditArchive2 Dead letters"]),
  },
  {
    rule: "topic",
    service: "sns",
    names: [
      "DeleteTopic",
      "SetTopicAttributes",
      "AddPermission",
      "RemovePermission",
      "Unsubscribe",
      "SetSubscriptionAttributes",
    ],
    own: [
      ...named("topicArn", topic, sealsTopic),
      ...named("subscriptionArn", `${topic}:1234abcd`, `${sealsTopic}:1234abcd`),
    ],
    others: [...named("topicArn", `${topic}2`), ...named("subscriptionArn", `${topic}2:1234abcd`)],
  },
  {
    rule: "secrets-1",
    service: "secretsmanager",
    names: ["DeleteSecret", "UpdateSecret", "PutResourcePolicy", "DeleteResourcePolicy"],
    own: named("secretId", secret, secretName, arn("secretsmanager", `secret:${secretName}`)),
    others: named("secretId", `${secretName}2`, arn("secretsmanager", `secret:${secretName}2-AbCdEf`)),
  },
  {
    rule: "stack",
    service: "cloudformation",
    names: ["DeleteStack", "UpdateTerminationProtection", "SetStackPolicy"],
    own: named("stackName", "AsanaAuditArchive", stackId),
    others: named("stackName", "AsanaAuditArchive2", stackId.replace("Archive/", "Archive2/")),
  },
  {
    rule: "rules",
    service: "events",
    names: ["DisableRule", "DeleteRule", "PutRule", "PutTargets", "RemoveTargets"],
    own: [...named("name", ...rules.map(({ properties }) => properties.Name)), ...named("rule", `${prefix}keys`)],
    others: [...named("name", "another"), ...named("rule", "another")],
  },
];

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

  it.each([archiveKey.arn, operationsKey.arn, sealingKey.arn, table.arn, fn.arn, sealer.arn, topic, sealsTopic])(
    "a refused call that names %s in nothing but its message sets it off",
    (resource) => {
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
    },
  );

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
