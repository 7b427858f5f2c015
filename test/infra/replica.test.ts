/** The second copy: what both stacks are, and who may do what to it, from its own account and from the archive's. */
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { ArchiveReplica } from "../../infra/constructs/archive-replica.ts";
import { createNagPacks } from "../../infra/nag-packs.ts";
import { accountProblems, readReplicaSettings, readSettings, SettingsError } from "../../infra/settings/settings.ts";
import { ADMINISTRATOR, createAccount, DEPLOYER } from "./policy/account.ts";
import type { Context, Statement } from "./policy/evaluate.ts";
import { ACCOUNT, REGION } from "./policy/resolve.ts";
import {
  BREAK_GLASS,
  COPY,
  createReplica,
  createStack,
  REPLICATION_ROLE,
  type Resource,
  resourcesOf,
  synthesise,
  theOne,
  WORKSPACE,
} from "./synth.ts";

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ofReplica = (given: Record<string, unknown> = {}) => Template.fromStack(createReplica(given));

const template = ofReplica({ breakGlassRoleArn: BREAK_GLASS });
const copy = createAccount(template, [ADMINISTRATOR, DEPLOYER, BREAK_GLASS, ROOT]);
const bucket = copy.find("AWS::S3::Bucket", /^ReplicaBucket/).arn;
const key = copy.find("AWS::KMS::Key").arn;
const archive = createAccount(synthesise({ replicaBucketArn: bucket, replicaKeyArn: key }), [ADMINISTRATOR]);
const archiveBucket = archive.find("AWS::S3::Bucket", /^ArchiveBucket/).arn;
const archiveKey = archive.find("AWS::KMS::Key", /^ArchiveKey/).arn;

const PREFIXES = ["events", "coverage", "seals", "stamps", "keys"];
const segment = `${bucket}/events/workspace=${WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`;
const via = (region = REGION): Context => ({ "kms:ViaService": `s3.${region}.amazonaws.com` });
const underItsKey: Context = { "s3:x-amz-server-side-encryption-aws-kms-key-id": key };

describe("the second copy", () => {
  const { Properties, DeletionPolicy } = theOne(template, "AWS::S3::Bucket", /^ReplicaBucket/);

  it("is locked, versioned, private, and outlives its stack, as the archive is", () => {
    const { Properties: original } = theOne(synthesise(), "AWS::S3::Bucket", /^ArchiveBucket/);
    for (const name of [
      "ObjectLockEnabled",
      "ObjectLockConfiguration",
      "VersioningConfiguration",
      "PublicAccessBlockConfiguration",
      "OwnershipControls",
      "LifecycleConfiguration",
    ])
      expect(Properties[name], name).toEqual(original[name]);
    expect(DeletionPolicy).toBe("RetainExceptOnCreate");
    expect(createReplica().terminationProtection).toBe(true);
  });

  it("takes its lock from the archive's settings, which have to be acknowledged here too", () => {
    const settings = { retentionMode: "compliance", retentionDays: 3653 };
    expect(() => ofReplica(settings)).toThrow(/also set acknowledgeComplianceDays to 3653/);
    const strict = ofReplica({ ...settings, acknowledgeComplianceDays: 3653, workspaces: "1201" });
    const { ObjectLockConfiguration } = theOne(strict, "AWS::S3::Bucket", /^ReplicaBucket/).Properties;
    expect(ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Mode: "COMPLIANCE", Days: 3653 });
  });

  it("has a key of its own, kept for 30 days after an order to destroy it, or none with sse-s3", () => {
    expect(theOne(template, "AWS::KMS::Key").Properties).toMatchObject({ PendingWindowInDays: 30 });
    const { SSEAlgorithm } =
      Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault;
    expect(SSEAlgorithm).toBe("aws:kms");
    const open = ofReplica({ encryption: "sse-s3" });
    expect(resourcesOf(open, "AWS::KMS::Key")).toEqual({});
    for (const { Properties } of Object.values(resourcesOf(open, "AWS::S3::Bucket")))
      expect(JSON.stringify(Properties.BucketEncryption)).toContain("AES256");
  });

  it("never has the name of the archive's stack, over which it would be deployed", () => {
    expect(createReplica().stackName).toBe("AsanaAuditArchiveReplica");
    expect(createReplica({ stackName: "Legal" }).stackName).toBe("LegalReplica");
  });

  it("prints the settings that the archive's deployment needs", () => {
    const { ReplicaSettings } = template.toJSON()["Outputs"];
    expect(JSON.stringify(ReplicaSettings.Value)).toMatch(/-c replicaBucketArn=.* -c replicaKeyArn=/);
  });

  it("holds nothing that cdk-nag finds", () => {
    for (const stack of [createReplica(), createReplica({ encryption: "sse-s3", breakGlassRoleArn: BREAK_GLASS })])
      expect(createNagPacks().flatMap((pack) => pack.validateScope(stack).violations)).toEqual([]);
  });

  it("can be put into an app of somebody else's, with its settings checked in the same way", () => {
    const put = (props: object) =>
      new ArchiveReplica(new Stack(new App(), "Legal"), "Copy", { replicaOf: REPLICATION_ROLE, ...props });
    expect(put({ retentionDays: 400 }).key).not.toBeNull();
    expect(() => put({ retentionDays: 7 })).toThrow(SettingsError);
    expect(() => put({ retentionDay: 7 })).toThrow(/retentionDay is not a setting/);
    expect(() => put({ replicaOf: "" })).toThrow(/^Invalid settings:\n- replicaOf is not set/);
  });

  it("takes no role of another account for those that deploy and break the glass", () => {
    const elsewhere = { breakGlassRoleArn: BREAK_GLASS.replace(ACCOUNT, "210987654321"), deploymentRoleArn: DEPLOYER };
    const settings = { ...readReplicaSettings({ replicaOf: REPLICATION_ROLE, ...elsewhere }), writerRoleArns: [] };
    expect(accountProblems(settings, ACCOUNT)).toEqual([
      expect.stringMatching(/^breakGlassRoleArn is .* another account/),
    ]);
  });
});

describe("the archive that is copied", () => {
  const copied = synthesise(COPY);
  const { ReplicationConfiguration, NotificationConfiguration } = theOne(
    copied,
    "AWS::S3::Bucket",
    /^ArchiveBucket/,
  ).Properties;

  it("is copied whole, whatever the prefix, under the copy's key, and without delete markers", () => {
    const { Rules } = ReplicationConfiguration;
    expect(Rules).toEqual([
      expect.objectContaining({
        Status: "Enabled",
        Filter: { Prefix: "" },
        DeleteMarkerReplication: { Status: "Disabled" },
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Enabled" } },
        Destination: expect.objectContaining({
          Bucket: COPY.replicaBucketArn,
          EncryptionConfiguration: { ReplicaKmsKeyID: COPY.replicaKeyArn },
        }),
      }),
    ]);
  });

  it("tells of each object that is not copied, or not within 15 minutes, in a queue of which an alarm goes off", () => {
    const [{ Destination }] = ReplicationConfiguration.Rules;
    expect(Destination.ReplicationTime).toEqual({ Status: "Enabled", Time: { Minutes: 15 } });
    const told = NotificationConfiguration.QueueConfigurations.map(({ Event }: { Event: string }) => Event);
    expect(told).toEqual([
      "s3:Replication:OperationFailedReplication",
      "s3:Replication:OperationMissedThreshold",
      "s3:Replication:OperationNotTracked",
    ]);
    const [queue] = Object.keys(resourcesOf(copied, "AWS::SQS::Queue")).filter((id) => /Uncopied/.test(id));
    expect(JSON.stringify(NotificationConfiguration)).toContain(queue);
    const alarm = Object.values(resourcesOf(copied, "AWS::CloudWatch::Alarm")).find(({ Properties }) =>
      Properties.AlarmName.endsWith("Copy behind"),
    );
    expect(JSON.stringify(alarm!.Properties.Dimensions)).toContain(queue);
  });

  it("is told of the queue when S3 may write to it, with no function that runs in the deployment", () => {
    expect(theOne(copied, "AWS::S3::Bucket", /^ArchiveBucket/).DependsOn).toEqual([
      expect.stringMatching(/UncopiedPolicy/),
    ]);
    const functions = (template: Template) => Object.keys(resourcesOf(template, "AWS::Lambda::Function"));
    expect(functions(copied)).toEqual(functions(synthesise()));
  });

  it("differs from one that is not in what copying needs alone, and nothing else of it changes", () => {
    const before = synthesise().toJSON()["Resources"] as Record<string, Resource>;
    const after = copied.toJSON()["Resources"] as Record<string, Resource>;
    const added = Object.keys(after).filter((id) => before[id] === undefined);
    expect(Object.keys(before).filter((id) => after[id] === undefined)).toEqual([]);
    for (const id of added) expect(id).toMatch(/^ArchiveReplication|^ArchiveWatchCopybehind/);
    const changed = Object.keys(before).filter((id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]));
    // The dashboard shows the alarm, the operator answers it, and the tripwire watches the role.
    expect(changed.map((id) => id.replace(/[0-9A-F]{8}$/, "")).sort()).toEqual([
      "ArchiveBucket",
      "ArchiveOperatorPolicy",
      "ArchiveTripwireroles",
    ]);
  });

  it("copies with sse-s3 under S3's own keys, where no key is named", () => {
    const open = synthesise({ encryption: "sse-s3", replicaBucketArn: COPY.replicaBucketArn });
    const { Rules } = theOne(open, "AWS::S3::Bucket", /^ArchiveBucket/).Properties.ReplicationConfiguration;
    expect(Rules[0]).not.toHaveProperty("SourceSelectionCriteria");
    expect(JSON.stringify(theOne(open, "AWS::IAM::ManagedPolicy", /ReplicationPolicy/))).not.toContain("kms:");
  });

  it("holds nothing that cdk-nag finds", () => {
    expect(createNagPacks().flatMap((pack) => pack.validateScope(createStack(COPY)).violations)).toEqual([]);
  });

  it.each([
    [{ replicaKeyArn: COPY.replicaKeyArn }, /^replicaKeyArn is set, but replicaBucketArn is not/],
    [{ replicaBucketArn: COPY.replicaBucketArn }, /replicaKeyArn is not set\. Allowed: with kms the key/],
    [{ ...COPY, encryption: "sse-s3" }, /encryption is sse-s3, and replicaKeyArn is arn:.* with sse-s3 none\.$/],
  ])("is refused where it could not be copied: %j", (given, why) => {
    const settings = { workspaces: WORKSPACE, alarmEmails: "none", ...given };
    expect(() => readSettings(settings)).toThrow(
      why.source.startsWith("^") ? new RegExp(`- ${why.source.slice(1)}`) : why,
    );
  });

  it("is refused where the role that copies could have no name", () => {
    expect(() => createStack({ ...COPY, stackName: "A".repeat(38) })).toThrow(/up to 37 letters/);
    expect(() => createStack({ ...COPY, stackName: "A".repeat(37) })).not.toThrow();
  });
});

const replication = archive.find("AWS::IAM::Role", /ReplicationRole/).arn;

describe("permissions of the role that copies", () => {
  it("it has the name by which the copy knows it", () => {
    expect(replication).toBe(REPLICATION_ROLE);
  });

  it.each([
    ["s3:GetReplicationConfiguration", archiveBucket, {}],
    ["s3:ListBucket", archiveBucket, {}],
    ["s3:GetObjectVersionForReplication", `${archiveBucket}/seals/1`, {}],
    ["s3:GetObjectRetention", `${archiveBucket}/events/1`, {}],
    ["s3:GetObjectLegalHold", `${archiveBucket}/events/1`, {}],
    ["kms:Decrypt", archiveKey, via()],
  ] as const)("allowed in the archive  %s", (action, resource, context) => {
    expect(archive.decide(replication, action, resource, context).allowed).toBe(true);
  });

  it.each([
    ["s3:GetObject", `${archiveBucket}/events/1`, {}],
    ["s3:PutObject", `${archiveBucket}/events/1`, { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" }],
    ["s3:ReplicateObject", `${archiveBucket}/events/1`, {}],
    ["s3:DeleteObjectVersion", `${archiveBucket}/events/1`, {}],
    ["s3:PutReplicationConfiguration", archiveBucket, {}],
    ["kms:Decrypt", archiveKey, {}],
  ] as const)("denied in the archive   %s", (action, resource, context) => {
    expect(archive.decide(replication, action, resource, context).allowed).toBe(false);
  });

  type Row = readonly [action: string, resource: string, context: Context];
  const may: readonly Row[] = [
    ...PREFIXES.map((prefix): Row => ["s3:ReplicateObject", `${bucket}/${prefix}/1`, underItsKey]),
    ["s3:ReplicateTags", segment, {}],
    ["kms:Encrypt", key, via()],
    ["kms:GenerateDataKey", key, via()],
  ];
  const mayNot: readonly Row[] = [
    ["s3:ReplicateDelete", segment, {}],
    ["s3:ReplicateObject", segment, { ...underItsKey, "s3:x-amz-server-side-encryption-aws-kms-key-id": archiveKey }],
    ["s3:ReplicateObject", segment, { ...underItsKey, "aws:SecureTransport": "false" }],
    ["s3:PutObject", segment, {}],
    ["s3:GetObject", segment, {}],
    ["s3:DeleteObject", segment, {}],
    ["s3:DeleteObjectVersion", segment, {}],
    ["s3:PutObjectRetention", segment, { "s3:object-lock-remaining-retention-days": "1" }],
    ["s3:PutBucketVersioning", bucket, {}],
    ["kms:Decrypt", key, via()],
    ["kms:Encrypt", key, {}],
  ];
  const own = archive.identity(replication);
  const foreignRole = REPLICATION_ROLE.replace(ACCOUNT, "210987654321");
  /** The same copy, of an archive of another account. */
  const copyOfStranger = createAccount(ofReplica({ replicaOf: foreignRole }), []);
  const decided = ([action, resource, context]: Row) => ({
    inOneAccount: copy.decide(replication, action, resource, context, own).allowed,
    fromAnother: copyOfStranger.decideAcross(own, foreignRole, action, resource, context).allowed,
  });

  it.each(may)("allowed in the copy  %s on %s", (action, resource, context) => {
    expect(decided([action, resource, context])).toEqual({ inOneAccount: true, fromAnother: true });
  });

  it.each(mayNot)("denied in the copy   %s on %s", (action, resource, context) => {
    expect(decided([action, resource, context])).toEqual({ inOneAccount: false, fromAnother: false });
  });

  it("nothing else of the archive's account may do anything to the copy, whatever its own policies allow", () => {
    const everything: Statement[] = [{ Effect: "Allow", Action: "*", Resource: "*" }];
    const other = foreignRole.replace("role/", "role/not-");
    const tried: Row[] = [
      ...may,
      ["s3:GetObject", segment, {}],
      ["s3:PutBucketPolicy", bucket, {}],
      ["kms:Decrypt", key, via()],
    ];
    for (const [action, resource, context] of tried)
      expect(copyOfStranger.decideAcross(everything, other, action, resource, context).allowed, action).toBe(false);
  });
});

describe("permissions in the copy's account", () => {
  const window = (days: number): Context => ({ "kms:ScheduleKeyDeletionPendingWindowInDays": String(days) });
  const auditor = copy.find("AWS::IAM::Role", /Auditor/).arn;

  it.each([
    [auditor, "s3:ListBucket", bucket, {}],
    [auditor, "s3:ListBucketVersions", bucket, {}],
    [auditor, "s3:GetObject", segment, {}],
    [auditor, "s3:GetObjectRetention", segment, {}],
    [auditor, "s3:GetBucketPolicy", bucket, {}],
    [auditor, "kms:Decrypt", key, via()],
    [auditor, "kms:GetKeyPolicy", key, {}],
    [DEPLOYER, "s3:PutBucketPolicy", bucket, {}],
    [DEPLOYER, "kms:PutKeyPolicy", key, {}],
    [BREAK_GLASS, "s3:DeleteObjectVersion", segment, {}],
    [BREAK_GLASS, "s3:BypassGovernanceRetention", segment, {}],
    [ADMINISTRATOR, "s3:GetObject", segment, {}],
  ] as const)("allowed  %s %s on %s", (who, action, resource, context) => {
    expect(copy.decide(who, action, resource, context).allowed).toBe(true);
  });

  const denied = [
    ...[ADMINISTRATOR, ROOT, DEPLOYER, BREAK_GLASS].flatMap((who) =>
      ["s3:PutObject", "s3:PutObjectTagging", "s3:ReplicateObject", "s3:ReplicateTags", "s3:ReplicateDelete"].map(
        (action) => [who, action, segment, {}] as const,
      ),
    ),
    ...[ADMINISTRATOR, ROOT].flatMap((who) => [
      ...["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:UpdateObjectEncryption"].map(
        (action) => [who, action, segment, {}] as const,
      ),
      ...["s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration"].map(
        (action) => [who, action, bucket, {}] as const,
      ),
      ...["kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:CreateGrant"].map(
        (action) => [who, action, key, {}] as const,
      ),
    ]),
    [ADMINISTRATOR, "s3:PutObjectLegalHold", segment, { "s3:object-lock-legal-hold": "OFF" }] as const,
    [ADMINISTRATOR, "s3:PutObjectRetention", segment, { "s3:object-lock-remaining-retention-days": "30" }] as const,
    [
      ADMINISTRATOR,
      "s3:PutObjectRetention",
      segment,
      { "s3:object-lock-remaining-retention-days": "4000", "s3:object-lock-mode": "COMPLIANCE" },
    ] as const,
    [DEPLOYER, "s3:DeleteObjectVersion", segment, {}] as const,
    [BREAK_GLASS, "kms:ScheduleKeyDeletion", key, window(7)] as const,
    [auditor, "s3:PutObject", segment, {}] as const,
    [auditor, "kms:GenerateDataKey", key, via()] as const,
    [auditor, "s3:PutBucketPolicy", bucket, {}] as const,
  ];

  it.each(denied)("denied   %s %s on %s", (who, action, resource, context) => {
    expect(copy.decide(who, action, resource, context).allowed).toBe(false);
  });

  it("each guard of the bucket denies something that nothing else would have denied", () => {
    const deciding = denied.map(([who, action, resource, context]) => copy.decide(who, action, resource, context).by);
    const other = { ...underItsKey, "s3:x-amz-server-side-encryption-aws-kms-key-id": archiveKey };
    deciding.push(copy.decide(replication, "s3:ReplicateObject", segment, other).by);
    for (const sid of [
      "NobodyWrites",
      "OnlyReplicationWrites",
      "NoOtherKey",
      "NoOtherKeyLater",
      "NoDeletion",
      "NoBypass",
      "NoShorterLock",
      "NoOtherLock",
      "NoLiftedHold",
      "OnlyDeploymentConfigures",
    ])
      expect(deciding).toContain(sid);
  });

  it("without a break-glass role, as in compliance mode, nobody deletes", () => {
    const strict = createAccount(ofReplica({ retentionMode: "compliance", acknowledgeComplianceDays: 2557 }), [
      ADMINISTRATOR,
      DEPLOYER,
      ROOT,
    ]);
    for (const who of [ADMINISTRATOR, DEPLOYER, ROOT])
      expect(strict.decide(who, "s3:DeleteObjectVersion", segment).by).toBe("NoDeletion");
  });
});
