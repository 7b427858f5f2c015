/** What a deployed template says of its archive: which bucket, keys, table, schedules and secrets are to be looked at. */
import type { FunctionName } from "../../infra/bundle/function-name.ts";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Lock } from "./protection.ts";
import { lockOf } from "./stack-facts.ts";
import type { DeployedResource, DeployedTemplate } from "./template.ts";

export interface DeployedArchive {
  readonly bucket: string;
  readonly lock: Lock | null;
  /** Of every bucket of the stack. `resolve` throws where the template says more than can be read here. */
  readonly bucketPolicies: readonly { readonly bucket: string; resolve(): unknown }[];
  /** Ids of the stack's keys, with their policies. */
  readonly keys: readonly { readonly id: string; resolve(): unknown }[];
  /** ARNs of the keys of segments and of seals, where they are not the stack's. */
  readonly foreignKeys: readonly string[];
  /** By what they are, the names of the functions; an older stack has fewer. */
  readonly functions: ReadonlyMap<FunctionName, string>;
  readonly table: string;
  readonly scheduleGroups: readonly string[];
  readonly schedules: readonly string[];
  readonly drainEveryMinutes: number;
  /** Null: nothing is reserved for the function. */
  readonly reservedConcurrency: number | null;
  readonly sourceBaseUrl: string;
  /** ARN of the secret or parameter, by workspace. */
  readonly tokenSecrets: Readonly<Record<string, string>>;
}

/** By what the function's code exports for Lambda to call. */
const FUNCTION_OF: Readonly<Record<string, FunctionName>> = {
  "index.handler": "archiver",
  "index.sealer": "sealer",
  "index.verifier": "verifier",
};

// biome-ignore lint/suspicious/noExplicitAny: a template is as deep as CloudFormation has made it
type Properties = any;

/** Throws ArchiverError `misconfigured` for a stack without an archive. */
export function readArchive(template: DeployedTemplate): DeployedArchive {
  const of = (type: string) => template.resources.filter((resource) => resource.type === type);
  const fn = of("AWS::Lambda::Function").find((resource) => environmentOf(resource)[ENVIRONMENT.tokenSecrets]);
  if (fn === undefined) {
    throw new ArchiverError("misconfigured", "the stack has no archiver function", {
      advice: "Name the stack that holds the archive with --stack",
    });
  }
  const read = (name: string): string => String(template.resolve(environmentOf(fn)[name]) ?? "");
  const bucket = read(ENVIRONMENT.bucket);
  const { properties } = of("AWS::S3::Bucket").find(({ physicalId }) => physicalId === bucket) ?? { properties: {} };
  const keys = of("AWS::KMS::Key");
  const schedules = of("AWS::Scheduler::Schedule");
  const sealer = of("AWS::Lambda::Function").find((resource) => environmentOf(resource)[ENVIRONMENT.sealingKey]);
  const sealing = sealer === undefined ? {} : environmentOf(sealer);
  const used = [
    segmentKeyOf(properties),
    sealing[ENVIRONMENT.sealingKey],
    // Until it has handed over, nothing is sealed without it.
    sealing[ENVIRONMENT.formerSealingKey],
  ].flatMap((key) => (key === undefined ? [] : [String(template.resolve(key))]));
  return {
    bucket,
    lock: lockOf((properties as Properties).ObjectLockConfiguration?.Rule?.DefaultRetention),
    bucketPolicies: of("AWS::S3::BucketPolicy").map(({ properties: policy }) => ({
      bucket: String(template.resolve(policy["Bucket"])),
      resolve: () => template.resolve(policy["PolicyDocument"]),
    })),
    keys: keys.map(({ physicalId, properties: key }) => ({
      id: physicalId,
      resolve: () => template.resolve(key["KeyPolicy"]),
    })),
    foreignKeys: used.filter((arn) => !keys.some(({ physicalId }) => arn.endsWith(`/${physicalId}`))),
    functions: new Map(
      of("AWS::Lambda::Function").flatMap(({ properties: found, physicalId }) => {
        const name = FUNCTION_OF[String(found["Handler"])];
        return name === undefined ? [] : [[name, physicalId] as const];
      }),
    ),
    table: read(ENVIRONMENT.table),
    scheduleGroups: of("AWS::Scheduler::ScheduleGroup").map(({ physicalId }) => physicalId),
    schedules: schedules.map(({ physicalId }) => physicalId),
    drainEveryMinutes: Math.min(...schedules.map(({ properties: schedule }) => minutesOf(schedule))),
    reservedConcurrency: (fn.properties as Properties).ReservedConcurrentExecutions ?? null,
    sourceBaseUrl: read(ENVIRONMENT.sourceBaseUrl),
    tokenSecrets: JSON.parse(read(ENVIRONMENT.tokenSecrets)),
  };
}

const environmentOf = ({ properties }: DeployedResource): Readonly<Record<string, unknown>> =>
  (properties as Properties).Environment?.Variables ?? {};

const segmentKeyOf = (bucket: Properties): unknown =>
  bucket.BucketEncryption?.ServerSideEncryptionConfiguration?.[0]?.ServerSideEncryptionByDefault?.KMSMasterKeyID;

/** Of what starts at a fixed rate; the drains have the shortest. */
function minutesOf({ ScheduleExpression: expression }: Properties): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour)s?\)$/.exec(expression) ?? [];
  if (count === undefined) return Number.POSITIVE_INFINITY;
  return Number(count) * (unit === "hour" ? 60 : 1);
}
