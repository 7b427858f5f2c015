import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";

export interface GuardProps {
  readonly bucketArn: string;
  readonly keyArn: string;
  /** Who alone may create segments. */
  readonly writerRoleArns: readonly string[];
  /** Who alone may change the bucket's configuration, besides the break-glass role. */
  readonly deploymentRoleArn: string;
  /** Who alone may delete; null: nobody. */
  readonly breakGlassRoleArn: string | null;
  readonly retentionMode: "governance" | "compliance";
  readonly retentionDays: number;
}

/**
 * What the archive bucket refuses to everyone, whatever their own permissions are. All are denials, so nothing else can
 * allow it again. A condition on a header that was not sent is written with `Null`, since a negated operator alone
 * would match its absence.
 */
export function archiveGuards(props: GuardProps): PolicyStatement[] {
  const objects = [`${props.bucketArn}/*`];
  const bucket = [props.bucketArn];
  const breakGlass = props.breakGlassRoleArn === null ? [] : [props.breakGlassRoleArn];
  return [
    deny("OnlyConditionalCreation", ["s3:PutObject"], objects, {
      Null: { "s3:if-none-match": "true" },
      Bool: { "s3:ObjectCreationOperation": "true" },
    }),
    deny("NoMultipart", ["s3:PutObject"], objects, { Bool: { "s3:ObjectCreationOperation": "false" } }),
    deny("OnlyTheWriterWrites", WRITES, objects, except(props.writerRoleArns)),
    deny(
      "NoOtherKey",
      ["s3:PutObject"],
      objects,
      isOther("s3:x-amz-server-side-encryption-aws-kms-key-id", props.keyArn),
    ),
    deny("NoOtherEncryption", ["s3:PutObject"], objects, isOther("s3:x-amz-server-side-encryption", "aws:kms")),
    deny("NoCustomerKey", ["s3:PutObject"], objects, {
      Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
    }),
    // A segment's key could be changed to one that somebody destroys afterwards.
    deny("NoOtherKeyLater", ["s3:UpdateObjectEncryption"], objects, {}),
    deny(
      "NoDeletion",
      ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"],
      [...bucket, ...objects],
      except(breakGlass),
    ),
    deny("NoBypass", ["s3:BypassGovernanceRetention"], objects, except(breakGlass)),
    deny("NoShorterLock", ["s3:PutObject", "s3:PutObjectRetention"], objects, {
      NumericLessThan: { "s3:object-lock-remaining-retention-days": String(props.retentionDays) },
    }),
    deny(
      "NoOtherLock",
      ["s3:PutObject", "s3:PutObjectRetention"],
      objects,
      isOther("s3:object-lock-mode", props.retentionMode.toUpperCase()),
    ),
    deny("NoLiftedHold", ["s3:PutObjectLegalHold"], objects, {
      StringEquals: { "s3:object-lock-legal-hold": "OFF" },
      ...except(breakGlass),
    }),
    deny("OnlyDeploymentConfigures", CONFIGURES, bucket, except([props.deploymentRoleArn, ...breakGlass])),
  ];
}

/** Everything that makes an object, or changes what is said about one. */
const WRITES = [
  "s3:PutObject",
  "s3:PutObjectAcl",
  "s3:PutObjectVersionAcl",
  "s3:PutObjectTagging",
  "s3:PutObjectVersionTagging",
  "s3:ReplicateObject",
  "s3:ReplicateDelete",
];

/** Everything that could take the archive's protection away without touching an object. */
const CONFIGURES = [
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
  "s3:PutBucketVersioning",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutLifecycleConfiguration",
  "s3:PutEncryptionConfiguration",
  "s3:PutBucketPublicAccessBlock",
  "s3:PutBucketOwnershipControls",
  "s3:PutBucketAcl",
  "s3:PutBucketLogging",
  "s3:PutReplicationConfiguration",
];

type Conditions = Record<string, Record<string, unknown>>;

const deny = (sid: string, actions: string[], resources: string[], conditions: Conditions): PolicyStatement =>
  new PolicyStatement({ sid, effect: Effect.DENY, principals: [new AnyPrincipal()], actions, resources, conditions });

/** Of an assumed role this key holds the role's ARN. No role: no condition, so it holds for everybody. */
const except = (roleArns: readonly string[]): Conditions =>
  roleArns.length === 0 ? {} : { ArnNotEquals: { "aws:PrincipalArn": roleArns } };

const isOther = (key: string, expected: string): Conditions => ({
  Null: { [key]: "false" },
  StringNotEquals: { [key]: expected },
});
