import { AccountPrincipal, AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";

/** Who is left out of denials. */
export interface TrustedRoles {
  /** The only roles besides the break-glass role that may change a bucket's configuration. */
  readonly deploymentRoleArns: readonly string[];
  /** The only role that may delete; null: nobody may. */
  readonly breakGlassRoleArn: string | null;
}

export interface LockGuardProps extends TrustedRoles {
  readonly bucketArn: string;
  readonly retentionMode: "governance" | "compliance";
  readonly retentionDays: number;
}

export interface GuardProps extends LockGuardProps {
  /** The only key; null: S3's own encryption. */
  readonly keyArn: string | null;
  /** The only roles that may create segments and coverage. */
  readonly writerRoleArns: readonly string[];
  /** The only role that may create seals, stamps and keys. */
  readonly sealerRoleArns: readonly string[];
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
    noOtherKeyLater(props.bucketArn),
    noDeletion(props.bucketArn, breakGlass),
    ...lockGuards(props),
    configurationGuard(props.bucketArn, props),
  ];
}

/** What the archiver writes, and what the sealer writes: the first parts of keys. */
const ARCHIVED_PREFIXES = ["events/", "coverage/"];
const SEALED_PREFIXES = ["seals/", "stamps/", "keys/"];
export const RECORD_PREFIXES: readonly string[] = [...ARCHIVED_PREFIXES, ...SEALED_PREFIXES];

/** ARN patterns of all that the sealer writes. */
export const sealedArns = (bucketArn: string): string[] => SEALED_PREFIXES.map((prefix) => `${bucketArn}/${prefix}*`);

export interface ReplicaGuardProps extends LockGuardProps {
  /** The only key; null: S3's own encryption. */
  readonly keyArn: string | null;
  /** The role of the archive's stack with which S3 copies. */
  readonly replicationRoleArn: string;
}

/** What the second copy refuses to everyone: S3 alone writes there, by that role, and nobody deletes. */
export function replicaGuards(props: ReplicaGuardProps): PolicyStatement[] {
  const objects = [`${props.bucketArn}/*`];
  const { keyArn } = props;
  const isOtherKey = keyArn === null ? null : isOther("s3:x-amz-server-side-encryption-aws-kms-key-id", keyArn);
  return [
    deny("NobodyWrites", [...WRITES.filter((action) => action !== "s3:ReplicateObject")], objects, {}),
    deny("OnlyReplicationWrites", REPLICATES, objects, except([props.replicationRoleArn])),
    ...(isOtherKey === null ? [] : [deny("NoOtherKey", ["s3:ReplicateObject"], objects, isOtherKey)]),
    noOtherKeyLater(props.bucketArn),
    noDeletion(props.bucketArn, props.breakGlassRoleArn === null ? [] : [props.breakGlassRoleArn]),
    ...lockGuards(props),
    configurationGuard(props.bucketArn, props),
  ];
}

/**
 * What lets that role copy from another account too. The account is named and the role is a condition, because a policy
 * cannot name a role that does not exist yet.
 */
export function replicaGrants({ bucketArn, replicationRoleArn }: ReplicaGuardProps): PolicyStatement[] {
  const [bucket, objects] = [[bucketArn], [`${bucketArn}/*`]];
  const allow = (sid: string, actions: string[], resources: string[]) =>
    new PolicyStatement({ sid, actions, resources, ...onlyFor(replicationRoleArn) });
  return [allow("Replicate", REPLICATES, objects), allow("SeeVersioning", ["s3:GetBucketVersioning"], bucket)];
}

/** Principals and conditions for a statement about one role, whether it exists or not. */
export const onlyFor = (roleArn: string) => ({
  principals: [new AccountPrincipal(roleArn.split(":")[4]!)],
  conditions: { ArnEquals: { "aws:PrincipalArn": roleArn } },
});

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

/** The columnar copy is written by the role that makes it, and by nobody else. */
export const columnarGuard = (bucketArn: string, copierRoleArn: string): PolicyStatement =>
  deny("OnlyTheCopierWrites", WRITES, [`${bucketArn}/*`], except([copierRoleArn]));

/** Reports are written by the verifier alone, on the condition that their key is free, and nobody deletes them. */
export function reportGuards(
  bucketArn: string,
  verifierRoleArns: readonly string[],
  trusted: TrustedRoles,
): PolicyStatement[] {
  const objects = [`${bucketArn}/*`];
  return [
    deny("OnlyTheVerifierWrites", WRITES, objects, except(verifierRoleArns)),
    deny("OnlyConditionalCreation", ["s3:PutObject"], objects, { Null: { "s3:if-none-match": "true" } }),
    noDeletion(bucketArn, trusted.breakGlassRoleArn === null ? [] : [trusted.breakGlassRoleArn]),
    configurationGuard(bucketArn, trusted),
  ];
}

// Otherwise a segment could be re-encrypted with a key that somebody destroys afterwards.
const noOtherKeyLater = (bucketArn: string): PolicyStatement =>
  deny("NoOtherKeyLater", ["s3:UpdateObjectEncryption"], [`${bucketArn}/*`], {});

/** No lock is shortened, weakened or lifted. */
function lockGuards(props: LockGuardProps): PolicyStatement[] {
  const objects = [`${props.bucketArn}/*`];
  const breakGlass = props.breakGlassRoleArn === null ? [] : [props.breakGlassRoleArn];
  return [
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
  ];
}

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

/** What S3 does when it copies. It would copy delete markers too, with an action that nobody is given. */
const REPLICATES = ["s3:ReplicateObject", "s3:ReplicateTags"];

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
