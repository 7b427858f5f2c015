/**
 * What the deployed stack is claimed to do, a sentence and a check each. docs/security.md has the same sentences, in the
 * same order; security.test.ts compares the two.
 */
import type { Template } from "aws-cdk-lib/assertions";
import { expect } from "vitest";
import { TIME_IN_HAND_MS } from "../../lambda/contract.ts";
import { OTHER_WORKSPACE, type Resource, resourcesOf, synthesise, theOne, WORKSPACE } from "./synth.ts";

type Check = (template: Template) => void;

const all = (template: Template, type: string): Resource[] => {
  const found = Object.values(resourcesOf(template, type));
  expect(found).not.toEqual([]);
  return found;
};
const archive = (template: Template) => theOne(template, "AWS::S3::Bucket", /^ArchiveBucket/).Properties;
/** The schedules that start what is named so: without a name, the live version of a function. */
const starts = (template: Template, target = "Live") =>
  all(template, "AWS::Scheduler::Schedule")
    .map(({ Properties }) => Properties)
    .filter(({ Target }) => text(Target.Arn).includes(target));
/** How often a schedule starts something. */
const INTERVAL_SECONDS: Readonly<Record<string, number>> = {
  "rate(10 minutes)": 600,
  "rate(1 hour)": 3_600,
  "cron(0 5 * * ? *)": 86_400,
  "cron(0 8 * * ? *)": 86_400,
};
const NO_LONGER = "No longer collected";
const kept = (template: Template) =>
  ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::Logs::LogGroup"].flatMap((type) =>
    all(template, type),
  );
const statements = (resource: Resource) => resource.Properties.PolicyDocument.Statement as Record<string, unknown>[];
const text = (value: unknown) => JSON.stringify(value);

export const controls: Readonly<Record<string, Check>> = {
  "Every segment, coverage entry and seal is locked from the moment it is written, for seven years and in governance mode unless the settings say otherwise.":
    (template) => {
      // The bucket's default, whatever the key.
      expect(archive(template)).toMatchObject({
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 2557 } } },
      });
    },
  "Versions are kept, so that whatever is written later leaves the locked one as it was.": (template) => {
    expect(archive(template).VersioningConfiguration).toEqual({ Status: "Enabled" });
  },
  "Nothing is deleted by a lifecycle rule unless expireAfterDays is set, then only segments, and not before the longest lock has ended that the settings name.":
    (template) => {
      const rules: Record<string, unknown>[] = archive(template).LifecycleConfiguration.Rules;
      expect(rules.flatMap((rule) => Object.keys(rule))).not.toContain("ExpirationInDays");
      expect(rules.map(({ Id }) => Id)).toEqual(["no-leftovers", "cold"]);
      const expiring = archive(
        synthesise({ expireAfterDays: 4000, longestRetentionDays: 2557 }),
      ).LifecycleConfiguration;
      const prefixes = expiring.Rules.filter(({ Id }: { Id: string }) => Id !== "no-leftovers").map(
        ({ Prefix }: { Prefix: string }) => Prefix,
      );
      expect(prefixes).toEqual(["events/", "events/"]);
      expect(() => synthesise({ expireAfterDays: 3000, longestRetentionDays: 3653 })).toThrow(/locked for 3653 days/);
    },
  "Nobody can be let in from outside: public access is blocked and ACLs are off, on every bucket.": (template) => {
    for (const { Properties } of all(template, "AWS::S3::Bucket")) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(Properties.OwnershipControls).toEqual({ Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] });
    }
  },
  "Segments and query results are encrypted with a key of your own, and checkpoints, tokens, logs, reports and alarms with another; access logs with S3's.":
    (template) => {
      const [archiveKey, operationsKey] = [/^ArchiveKey/, /Operations/].map((id) =>
        text(Object.keys(resourcesOf(template, "AWS::KMS::Key")).find((one) => id.test(one))),
      );
      const algorithm = ({ Properties }: Resource) => Properties.BucketEncryption.ServerSideEncryptionConfiguration[0];
      for (const id of [/^ArchiveBucket/, /Results/]) {
        const { ServerSideEncryptionByDefault, BucketKeyEnabled } = algorithm(theOne(template, "AWS::S3::Bucket", id));
        expect(ServerSideEncryptionByDefault.SSEAlgorithm).toBe("aws:kms");
        expect(text(ServerSideEncryptionByDefault.KMSMasterKeyID)).toContain(archiveKey);
        expect(BucketKeyEnabled).toBe(true);
      }
      expect(text(algorithm(theOne(template, "AWS::S3::Bucket", /AccessLogs/)))).toContain("AES256");
      expect(text(algorithm(theOne(template, "AWS::S3::Bucket", /Reports/)))).toContain(operationsKey);
      expect(text(theOne(template, "AWS::DynamoDB::Table").Properties.SSESpecification)).toContain(operationsKey);
      for (const secret of all(template, "AWS::SecretsManager::Secret"))
        expect(text(secret.Properties.KmsKeyId)).toContain(operationsKey);
      for (const { Properties } of all(template, "AWS::Logs::LogGroup"))
        expect(text(Properties.KmsKeyId)).toContain(operationsKey);
      for (const { Properties } of all(template, "AWS::SNS::Topic"))
        expect(text(Properties.KmsMasterKeyId)).toContain(operationsKey);
      for (const { Properties } of all(template, "AWS::SQS::Queue")) expect(Properties.SqsManagedSseEnabled).toBe(true);
    },
  "Keys that encrypt are rotated every year if keyRotation is on.": () => {
    const encrypting = all(synthesise({ keyRotation: "on" }), "AWS::KMS::Key").filter(
      ({ Properties }) => Properties.KeySpec === undefined,
    );
    expect(encrypting).toHaveLength(2);
    for (const { Properties } of encrypting) expect(Properties.EnableKeyRotation).toBe(true);
  },
  "Only the role that deploys and the break-glass role may change a key's policy, disable the key, order its destruction or let others than services of AWS use it; and 30 days lie between order and destruction, unless one of the two changes the policy first.":
    (template) => {
      for (const { Properties } of all(template, "AWS::KMS::Key")) {
        expect(Properties.PendingWindowInDays).toBe(30);
        const sids = Properties.KeyPolicy.Statement.map(({ Sid }: { Sid?: string }) => Sid);
        expect(sids).toEqual(
          expect.arrayContaining(["OnlyDeploymentAndBreakGlassDestroy", "NoGrantsToOthers", "NoShorterWindow"]),
        );
      }
    },
  "Seals are signed with a key that never leaves KMS, only by the sealer's role and with one algorithm; the role that writes events and the one that signs can neither do what the other does.":
    (template) => {
      const { KeySpec, KeyUsage, KeyPolicy } = theOne(template, "AWS::KMS::Key", /Sealing/).Properties;
      expect([KeySpec, KeyUsage]).toEqual(["ECC_NIST_EDWARDS25519", "SIGN_VERIFY"]);
      const guards = new Map<string, Record<string, unknown>>(
        KeyPolicy.Statement.map((statement: Record<string, unknown>) => [statement["Sid"], statement]),
      );
      expect(text(guards.get("OnlyTheSealerSigns")?.["Condition"])).toMatch(/^{"ArnNotEquals":.*SealerRole/);
      expect(guards.get("OnlyOneAlgorithm")?.["Condition"]).toEqual({
        StringNotEquals: { "kms:SigningAlgorithm": "ED25519_SHA_512" },
      });
      const policies = Object.entries(resourcesOf(template, "AWS::IAM::ManagedPolicy"));
      const signing = policies.filter(([, policy]) => text(statements(policy)).includes("kms:Sign"));
      expect(signing.map(([id]) => id.replace(/Policy[0-9A-F]{8}$/, ""))).toEqual(["ArchiveSealer"]);
      expect(text(statements(signing[0]![1]))).not.toContain("secretsmanager");
      // What each of the two may write is tested call by call, in permissions.test.ts.
      const bucketPolicy = text(statements(theOne(template, "AWS::S3::BucketPolicy", /^ArchiveBucket/)));
      for (const sid of ["OnlyTheWriterWrites", "OnlyTheSealerSeals"]) expect(bucketPolicy).toContain(sid);
    },
  "The whole archive is read back and verified every 30 days, by a role that can write nothing but its reports.": (
    template,
  ) => {
    const verifications = starts(template, "VerifyEverythingMachine");
    expect(verifications.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual(["rate(30 days)"]);
    const writing = statements(theOne(template, "AWS::IAM::ManagedPolicy", /^ArchiveVerifierPolicy/)).filter(
      ({ Action }) =>
        /Put|Delete|Update|Create(?!LogStream)/.test(text(Action).replace(/PutLogEvents|xray:Put\w+/g, "")),
    );
    expect(writing.map(({ Sid }) => Sid)).toEqual(["KeepReports"]);
    expect(text(writing[0]!["Resource"])).not.toContain("ArchiveBucket");
    // What it may do is tested call by call, in permissions.test.ts.
    const guard = text(statements(theOne(template, "AWS::S3::BucketPolicy", /Reports/)));
    for (const sid of ["OnlyTheVerifierWrites", "OnlyConditionalCreation", "NoDeletion"]) expect(guard).toContain(sid);
  },
  "Each new seal's number and hash are published to a topic of their own, by the sealer and by nobody else.": (
    template,
  ) => {
    const [policy, ...others] = all(template, "AWS::SNS::TopicPolicy").filter((one) =>
      text(statements(one)).includes("OnlyTheSealerPublishes"),
    );
    expect(others).toEqual([]);
    const guard = statements(policy!).find(({ Sid }) => Sid === "OnlyTheSealerPublishes");
    expect(guard).toMatchObject({ Effect: "Deny", Action: "sns:Publish" });
    expect(text(guard?.["Condition"])).toMatch(/^{"ArnNotEquals":.*SealerRole/);
  },
  "Buckets answer over TLS 1.2 and newer only; queues and topics refuse plain HTTP too.": (template) => {
    for (const policy of all(template, "AWS::S3::BucketPolicy")) {
      expect(statements(policy)).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Action: "s3:*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
      expect(statements(policy)).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Condition: { NumericLessThan: { "s3:TlsVersion": 1.2 } } }),
      );
    }
    for (const policy of [...all(template, "AWS::SQS::QueuePolicy"), ...all(template, "AWS::SNS::TopicPolicy")]) {
      expect(statements(policy)).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      );
    }
  },
  "Every request to segments and query results is written down by S3 in a bucket of its own, and kept for 400 days.": (
    template,
  ) => {
    for (const id of [/^ArchiveBucket/, /Results/]) {
      const { LoggingConfiguration } = theOne(template, "AWS::S3::Bucket", id).Properties;
      expect(text(LoggingConfiguration.DestinationBucketName)).toContain("AccessLogs");
    }
    expect(theOne(template, "AWS::S3::Bucket", /AccessLogs/).Properties.LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ ExpirationInDays: 400 }),
    ]);
  },
  "Destroying the stack leaves buckets, bucket policies, keys, checkpoints and logs where they are.": (template) => {
    for (const resource of [...kept(template), theOne(template, "AWS::DynamoDB::Table")]) {
      expect(resource.DeletionPolicy).toMatch(/^Retain/);
      expect(resource.UpdateReplacePolicy).toBe("Retain");
    }
  },
  "A first deployment that fails removes again what it created, except the table, which is protected and empty.": (
    template,
  ) => {
    for (const { DeletionPolicy } of kept(template)) expect(DeletionPolicy).toBe("RetainExceptOnCreate");
    // CloudFormation cannot delete a protected table: a rollback that had to would fail.
    expect(theOne(template, "AWS::DynamoDB::Table")).toMatchObject({
      DeletionPolicy: "Retain",
      Properties: { DeletionProtectionEnabled: true },
    });
    const retained = Object.values(template.toJSON()["Resources"] as Record<string, Resource>).filter(
      ({ DeletionPolicy }) => DeletionPolicy === "Retain",
    );
    expect(retained.map(({ Type }) => Type)).toEqual(["AWS::DynamoDB::Table"]);
  },
  "The checkpoints can be restored to any second of the last 35 days, and their table cannot be deleted by mistake.": (
    template,
  ) => {
    expect(theOne(template, "AWS::DynamoDB::Table").Properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      BillingMode: "PAY_PER_REQUEST",
    });
  },
  "No token passes through the template or a deployment: the secret is made empty, one for each workspace.": (
    template,
  ) => {
    const secrets = all(template, "AWS::SecretsManager::Secret");
    expect(secrets).toHaveLength(2);
    for (const { Properties } of secrets) {
      expect(Properties).not.toHaveProperty("SecretString");
      expect(Properties).not.toHaveProperty("GenerateSecretString");
    }
  },
  "The functions' environments hold names and the settings of a run, no secrets.": (template) => {
    const namesOf = (id: RegExp) =>
      Object.keys(theOne(template, "AWS::Lambda::Function", id).Properties.Environment.Variables).sort();
    expect(namesOf(/Sealer/)).toEqual([
      "ARCHIVE_BUCKET",
      "ARCHIVE_BUCKET_OWNER",
      "ARCHIVE_NAME",
      "LOG_LEVEL",
      "RUN_SETTINGS",
      "SEALING_KEY",
      "SEALS_TOPIC",
      "SEAL_NAME",
      "WORKSPACES",
    ]);
    expect(namesOf(/Verifier/)).toEqual([
      "ARCHIVE_BUCKET",
      "ARCHIVE_BUCKET_OWNER",
      "ARCHIVE_NAME",
      "CHECKPOINT_TABLE",
      "LOG_LEVEL",
      "REPORTS_BUCKET",
      "RUN_SETTINGS",
      "SEALING_KEY",
      "SEAL_NAME",
      "VERIFY_EVERY_DAYS",
    ]);
    expect(namesOf(/Archiver/)).toEqual([
      "ARCHIVE_BUCKET",
      "ARCHIVE_BUCKET_OWNER",
      "ARCHIVE_NAME",
      "CHECKPOINT_TABLE",
      "LOG_LEVEL",
      "RETIRED_WORKSPACES",
      "RUN_SETTINGS",
      "SOURCE_BASE_URL",
      "TOKEN_SECRETS",
    ]);
  },
  "Of the stack's roles only the scheduler's, the operator's and the state machine's may start the functions, which have no URL and no policy of their own.":
    (template) => {
      const starting = Object.entries(resourcesOf(template, "AWS::IAM::ManagedPolicy")).filter(([, policy]) =>
        text(statements(policy)).includes("lambda:InvokeFunction"),
      );
      expect(starting.map(([id]) => id.replace(/Policy[0-9A-F]{8}$/, "")).sort()).toEqual([
        "ArchiveOperator",
        "ArchiveSchedules",
        "ArchiveVerifyEverything",
        "ArchiveVerifyEverythingSchedules",
      ]);
      template.resourceCountIs("AWS::Lambda::Url", 0);
      template.resourceCountIs("AWS::Lambda::Permission", 0);
    },
  "The scheduler's roles can be taken by this account's schedules of this group only.": (template) => {
    for (const id of [/^ArchiveSchedules/, /SignOfLife/, /VerifyEverythingSchedules/]) {
      const [statement] = theOne(template, "AWS::IAM::Role", id).Properties.AssumeRolePolicyDocument.Statement;
      expect(statement.Principal).toEqual({ Service: "scheduler.amazonaws.com" });
      expect(statement.Condition.StringEquals["aws:SourceAccount"]).toEqual({ Ref: "AWS::AccountId" });
      expect(text(statement.Condition.StringEquals["aws:SourceArn"])).toMatch(/SchedulesGroup.*"Arn"/);
    }
  },
  "A schedule starts one task of one workspace, a drain every ten minutes and a rescan every hour, or every hour the census of the archive, or every day its sealing or a look at what its verifications report; and a start that fails is tried again until the next is due, then kept.":
    (template) => {
      const schedules = starts(template);
      expect(schedules.map(({ ScheduleExpression, Target }) => [ScheduleExpression, Target.Input]).sort()).toEqual([
        ["cron(0 5 * * ? *)", '{"task":"look"}'],
        ["cron(0 8 * * ? *)", undefined], // two hours after the day before is settled
        ["rate(1 hour)", '{"task":"census"}'],
        ["rate(1 hour)", `{"workspace":"${WORKSPACE}","task":"rescan"}`],
        ["rate(1 hour)", `{"workspace":"${OTHER_WORKSPACE}","task":"rescan"}`],
        ["rate(10 minutes)", `{"workspace":"${WORKSPACE}","task":"drain","budgetSeconds":585}`],
        ["rate(10 minutes)", `{"workspace":"${OTHER_WORKSPACE}","task":"drain","budgetSeconds":585}`],
      ]);
      for (const { ScheduleExpression, Target, GroupName } of schedules) {
        expect(Target.RetryPolicy).toEqual({
          MaximumRetryAttempts: 3,
          MaximumEventAgeInSeconds: INTERVAL_SECONDS[ScheduleExpression],
        });
        expect(text(Target.DeadLetterConfig)).toContain("Undelivered");
        expect(text(Target.Arn)).toContain("Live");
        expect(text(GroupName)).toContain("Group");
      }
    },
  "A run that failed is not repeated by Lambda but kept with its error for 14 days; the next scheduled run is the retry.":
    (template) => {
      const waits = { Archiver: 600, Sealer: 6 * 3600, Verifier: 6 * 3600 };
      for (const [id, seconds] of Object.entries(waits)) {
        const config = theOne(template, "AWS::Lambda::EventInvokeConfig", new RegExp(id)).Properties;
        expect(config).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: seconds });
        expect(text(config.Qualifier)).toContain("Live");
        expect(text(config.DestinationConfig.OnFailure)).toContain("FailedRuns");
      }
      for (const { Properties } of all(template, "AWS::Lambda::Function"))
        expect(text(Properties.DeadLetterConfig)).toContain("FailedRuns");
      for (const { Properties } of all(template, "AWS::SQS::Queue"))
        expect(Properties.MessageRetentionPeriod).toBe(14 * 86_400);
    },
  "A run has Lambda's 15 minutes, the last 45 seconds of them to finish; a scheduled drain is stopped 15 seconds before the next one is due.":
    (template) => {
      for (const { Properties } of all(template, "AWS::Lambda::Function")) expect(Properties.Timeout).toBe(15 * 60);
      expect(TIME_IN_HAND_MS).toBe(45_000);
      const drains = starts(template).map(({ Target }) => JSON.parse(Target.Input ?? "{}"));
      expect(drains.flatMap(({ task, budgetSeconds }) => (task === "drain" ? [budgetSeconds] : []))).toEqual([
        585, 585,
      ]);
    },
  "The functions run on a supported Node on Arm, and log as JSON for 400 days each; with tracing on, each run is traced.":
    (template) => {
      for (const { Properties } of all(template, "AWS::Lambda::Function")) {
        expect(Properties).toMatchObject({
          Runtime: "nodejs24.x",
          Architectures: ["arm64"],
          LoggingConfig: { LogFormat: "JSON" },
        });
      }
      for (const { Properties } of all(synthesise({ tracing: "on" }), "AWS::Lambda::Function"))
        expect(Properties.TracingConfig).toEqual({ Mode: "Active" });
      const groups = all(template, "AWS::Logs::LogGroup");
      expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual([400, 400, 400]);
    },
  "Questions are asked in a workgroup that lets nobody turn off encryption, move the results or scan more than 100 GiB.":
    (template) => {
      expect(theOne(template, "AWS::Athena::WorkGroup").Properties.WorkGroupConfiguration).toMatchObject({
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 100 * 2 ** 30,
        ResultConfiguration: {
          EncryptionConfiguration: { EncryptionOption: "SSE_KMS" },
          ExpectedBucketOwner: { Ref: "AWS::AccountId" },
        },
      });
    },
  "The table shows every workspace ever archived, from the log's first day to tomorrow.": (template) => {
    const { TableInput } = theOne(template, "AWS::Glue::Table", /EventLines/).Properties;
    expect(TableInput.Parameters).toMatchObject({
      "projection.workspace.values": `${WORKSPACE},${OTHER_WORKSPACE},1100`,
      "projection.dt.range": "2021-10-07,NOW+1DAYS",
    });
    expect(text(TableInput.Parameters["storage.location.template"])).toMatch(
      /\/events\/workspace=\$\{workspace\}\/dt=\$\{dt\}\/"/,
    );
  },
  "A workspace that is taken out of the settings sets an alarm off within the hour (between 06:00 and 09:00 UTC, after 09:00), and every day until it is named as retired.":
    (template) => {
      const { Variables } = theOne(template, "AWS::Lambda::Function", /Archiver/).Properties.Environment;
      expect(Variables.RETIRED_WORKSPACES).toBe('["1100"]');
      const { Properties } = all(template, "AWS::CloudWatch::Alarm").find(({ Properties }) =>
        Properties.AlarmName.endsWith(NO_LONGER),
      )!;
      expect(Properties).toMatchObject({ Threshold: 1, TreatMissingData: "breaching", EvaluationPeriods: 1 });
      // An alarm goes off when its state changes: once a day it is made to be quiet for a while.
      expect(Properties.Metrics[0].Expression).toBe("IF(HOUR(FILL(found, 1)) == 6, 0, found)");
      expect(Properties.Metrics[1].MetricStat).toMatchObject({
        Metric: {
          MetricName: "WorkspacesNotCollected",
          Dimensions: [{ Name: "service", Value: "AsanaAuditArchive" }],
        },
        Stat: "Maximum",
        Period: 3 * 3600,
      });
    },
  "Every alarm calls the topic when it goes off and, but for the one that goes off every day, when it is over.": (
    template,
  ) => {
    for (const { Properties } of all(template, "AWS::CloudWatch::Alarm")) {
      expect(text(Properties.AlarmActions)).toContain("Topic");
      const isDaily = Properties.AlarmName.endsWith(NO_LONGER);
      expect(Properties.OKActions).toEqual(isDaily ? undefined : Properties.AlarmActions);
    }
  },
  "Whoever tries what would weaken the archive's protection, with success or without, is named to the topic within minutes, if the account has a trail.":
    (template) => {
      const rules = all(template, "AWS::Events::Rule");
      expect(rules.length).toBeGreaterThan(10);
      for (const { Properties } of rules) {
        expect(text(Properties.EventPattern)).toContain("AWS API Call via CloudTrail");
        expect(text(Properties.Targets)).toContain("WatchTopic");
      }
      const [trust] = theOne(template, "AWS::IAM::Role", /Tripwire/).Properties.AssumeRolePolicyDocument.Statement;
      expect(trust.Principal).toEqual({ Service: "events.amazonaws.com" });
      expect(trust.Condition.StringEquals["aws:SourceAccount"]).toEqual({ Ref: "AWS::AccountId" });
      expect(text(trust.Condition.ArnLike["aws:SourceArn"])).toMatch(/:rule\/AsanaAuditArchiveTripwire\w+-\*"/);
    },
  "A weekly sign of life takes the alarms' way, so that whoever misses it knows that no alarm would arrive either.": (
    template,
  ) => {
    const weekly = starts(template, "Topic");
    expect(weekly.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual(["cron(0 7 ? * MON *)"]);
    expect(text(weekly[0]!.Target.Input)).toContain("sign of life of the Asana audit archive");
    expect(text(weekly[0]!.Target.DeadLetterConfig)).toContain("Undelivered");
  },
  "Everything is tagged as the archive's.": (template) => {
    for (const type of ["S3::Bucket", "KMS::Key", "DynamoDB::Table", "Lambda::Function", "IAM::Role"]) {
      for (const { Properties } of all(template, `AWS::${type}`)) {
        expect(Properties.Tags).toContainEqual({ Key: "application", Value: "asana-audit-archive" });
      }
    }
  },
};
