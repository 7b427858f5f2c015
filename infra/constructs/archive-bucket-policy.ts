import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";

/** Who is left out of denials. */
export interface TrustedRoles {
  /** The only roles besides the break-glass role that may change a bucket's configuration. */
  readonly deploymentRoleArns: readonly string[];
  /** The only role that may delete; null: nobody may. */
  readonly breakGlassRoleArn: string | null;
}

export interface GuardProps extends TrustedRoles {
  readonly bucketArn: string;
  /** The only key; null: S3's own encryption. */
  readonly keyArn: string | null;
  /** The only roles that may create segments and coverage. */
  readonly writerRoleArns: readonly string[];
  /** The only role that may create seals, stamps and keys. */
  readonly sealerRoleArns: readonly string[];
  readonly retentionMode: "governance" | "compliance";
  readonly retentionDays: number;
}

/**
 * What the archive bucket refuses to everyone, whatever their own permissions are. All statements deny, so no other policy
 * can allow it again. Each condition on a header also tests with `Null` that the header was sent, because a negated
 * operator alone would match its absence.
 */
export function archiveGuards(props: GuardProps): PolicyStatement[] {
  const objects = [`${props.bucketArn}/*`];
  const breakGlass = props.breakGlassRoleArn === null ? [] : [props.breakGlassRoleArn];
  return [
    deny("OnlyConditionalCreation", ["s3:PutObject"], objects, {
      Null: { "s3:if-none-match": "true" },
      Bool: { "s3:ObjectCreationOperation": "true" },
    }),
    deny("NoMultipart", ["s3:PutObject"], objects, { Bool: { "s3:ObjectCreationOperation": "false" } }),
    // Whoever writes events must not vouch for them: each of the two roles is denied what the other one writes.
    denyElsewhere("OnlyTheWriterWrites", WRITES, sealedArns(props.bucketArn), except(props.writerRoleArns)),
    deny("OnlyTheSealerSeals", WRITES, sealedArns(props.bucketArn), except(props.sealerRoleArns)),
    ...(props.keyArn === null
      ? [deny("NoOtherEncryption", ["s3:PutObject"], objects, isOther("s3:x-amz-server-side-encryption", "AES256"))]
      : [
          deny(
            "NoOtherKey",
            ["s3:PutObject"],
            objects,
            isOther("s3:x-amz-server-side-encryption-aws-kms-key-id", props.keyArn),
          ),
          deny("NoOtherEncryption", ["s3:PutObject"], objects, isOther("s3:x-amz-server-side-encryption", "aws:kms")),
        ]),
    deny("NoCustomerKey", ["s3:PutObject"], objects, {
      Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
    }),
    // Otherwise a segment could be re-encrypted with a key that somebody destroys afterwards.
    deny("NoOtherKeyLater", ["s3:UpdateObjectEncryption"], objects, {}),
    noDeletion(props.bucketArn, breakGlass),
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
    configurationGuard(props.bucketArn, props),
  ];
}

/** What the archiver writes, and what the sealer writes: the first parts of keys. */
const ARCHIVED_PREFIXES = ["events/", "coverage/"];
const SEALED_PREFIXES = ["seals/", "stamps/", "keys/"];
export const RECORD_PREFIXES: readonly string[] = [...ARCHIVED_PREFIXES, ...SEALED_PREFIXES];

/** ARN patterns of all that the sealer writes. */
export const sealedArns = (bucketArn: string): string[] => SEALED_PREFIXES.map((prefix) => `${bucketArn}/${prefix}*`);

/** What the bucket of access logs refuses. S3 delivers no access logs to a bucket with Object Lock, so it has no lock. */
export function accessLogGuards(bucketArn: string, trusted: TrustedRoles): PolicyStatement[] {
  const isNotDelivery = { StringNotEquals: { "aws:PrincipalServiceName": "logging.s3.amazonaws.com" } };
  const breakGlass = trusted.breakGlassRoleArn === null ? [] : [trusted.breakGlassRoleArn];
  return [
    deny("OnlyS3Delivers", WRITES, [`${bucketArn}/*`], isNotDelivery),
    noDeletion(bucketArn, breakGlass),
    configurationGuard(bucketArn, trusted),
  ];
}

/** Only the role that deploys, and the break-glass role, may change how a bucket protects, logs and expires. */
export function configurationGuard(bucketArn: string, trusted: TrustedRoles): PolicyStatement {
  const breakGlass = trusted.breakGlassRoleArn === null ? [] : [trusted.breakGlassRoleArn];
  return deny(
    "OnlyDeploymentConfigures",
    CONFIGURES,
    [bucketArn],
    except([...trusted.deploymentRoleArns, ...breakGlass]),
  );
}

/** Answers are written by Athena on behalf of whoever asks, and by nobody directly. */
export const resultsGuard = (bucketArn: string): PolicyStatement =>
  deny("OnlyAthenaWrites", WRITES, [`${bucketArn}/*`], {
    // True also where the key is missing, as in a direct call.
    "ForAllValues:StringNotEquals": { "aws:CalledVia": "athena.amazonaws.com" },
  });

const noDeletion = (bucketArn: string, breakGlass: readonly string[]): PolicyStatement =>
  deny(
    "NoDeletion",
    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"],
    [bucketArn, `${bucketArn}/*`],
    except(breakGlass),
  );

/** Every action that creates an object or changes its metadata. */
const WRITES = [
  "s3:PutObject",
  "s3:PutObjectAcl",
  "s3:PutObjectVersionAcl",
  "s3:PutObjectTagging",
  "s3:PutObjectVersionTagging",
  "s3:ReplicateObject",
  "s3:ReplicateDelete",
];

/** Every action that could remove the archive's protection without touching an object. */
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

const denyElsewhere = (
  sid: string,
  actions: string[],
  notResources: string[],
  conditions: Conditions,
): PolicyStatement =>
  new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    notResources,
    conditions,
  });

/** For an assumed role, `aws:PrincipalArn` is the ARN of the role. Without roles there is no condition: everybody is denied. */
const except = (roleArns: readonly string[]): Conditions =>
  roleArns.length === 0 ? {} : { ArnNotEquals: { "aws:PrincipalArn": roleArns } };

const isOther = (key: string, expected: string): Conditions => ({
  Null: { [key]: "false" },
  StringNotEquals: { [key]: expected },
});
