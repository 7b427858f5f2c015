/** What AWS says of a deployed archive: one function for each fact. Each throws ArchiverError, with what it asked for. */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type Trail as TrailDescription,
} from "@aws-sdk/client-cloudtrail";
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetAccountSettingsCommand, GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetBucketPolicyCommand, GetObjectLockConfigurationCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { paginateListSchedules, SchedulerClient } from "@aws-sdk/client-scheduler";
import { paginateListSubscriptionsByTopic, SNSClient } from "@aws-sdk/client-sns";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ArchiverError } from "../../lambda/errors.ts";
import { sealsPrefix } from "../../lambda/seal/seal-key.ts";
import { awsError, awsFault } from "../../lambda/stores/aws-errors.ts";
import { systemClock } from "../../lambda/system-clock.ts";
import { createTokenOpener } from "../../lambda/tokens/open-tokens.ts";
import { deskSettings, openDynamoDb, openS3Client } from "../aws.ts";
import { readDate, type TwoClocks } from "./clock.ts";
import type { Failure } from "./finding.ts";
import type { KeyState, Lock } from "./protection.ts";
import { type DeployedTemplate, readTemplate } from "./template.ts";
import { leftOut, type Subscription, type Trail } from "./watch.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Caller {
  readonly arn: string;
  readonly account: string;
  /** Null: AWS sent no time. */
  readonly clocks: TwoClocks | null;
}

export interface FoundStack {
  readonly status: string;
  readonly id: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

export type StackFacts = Awaited<ReturnType<typeof askAws>>;

/** Asks nothing before one of its functions is called. Its `region` is where it asks; null: none is set. */
export async function askAws(stackName: string, environment: Environment) {
  const settings = deskSettings(environment);
  const sts = new STSClient(settings);
  const region = await sts.config.region().catch(() => null);
  const cloudFormation = new CloudFormationClient(settings);
  const kms = new KMSClient(settings);
  const cloudTrail = new CloudTrailClient(settings);
  const stack = `stack ${stackName}`;

  /** Who we are, and AWS's clock when it said so. */
  async function caller(): Promise<Caller> {
    let clocks: TwoClocks | null = null;
    sts.middlewareStack.add(
      (next) => async (input) => {
        const sentAt = systemClock.now();
        const result = await next(input);
        const { headers = {} } = result.response as { readonly headers?: Readonly<Record<string, string>> };
        const theirs = readDate(headers["date"]);
        if (theirs !== null) clocks = { whose: "AWS", ours: (sentAt + systemClock.now()) / 2, theirs };
        return result;
      },
      { step: "deserialize" },
    );
    const { Arn: arn = "", Account: account = "" } = await ask("say who we are", "its token service", () =>
      sts.send(new GetCallerIdentityCommand({})),
    );
    return { arn, account, clocks };
  }

  /** Null: there is none. */
  async function state(): Promise<FoundStack | null> {
    try {
      const { Stacks: [found] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
      if (found === undefined) return null;
      const outputs = (found.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]);
      const given = (found.Parameters ?? []).map(({ ParameterKey = "", ParameterValue = "" }) => [
        ParameterKey,
        ParameterValue,
      ]);
      return {
        status: found.StackStatus ?? "",
        id: found.StackId ?? "",
        outputs: Object.fromEntries(outputs),
        parameters: Object.fromEntries(given),
      };
    } catch (error) {
      // For a stack that is not there, CloudFormation has no code of its own.
      if (awsFault(error).code === "ValidationError" && /does not exist/.test(String(error))) return null;
      throw told(error, "describe it", stack);
    }
  }

  /** As it was deployed, with the names of what it made. */
  async function template({ id, parameters }: FoundStack, account: string): Promise<DeployedTemplate> {
    return await ask("show its template and resources", stack, async () => {
      const physicalIds = new Map<string, string>();
      for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: stackName })) {
        for (const { LogicalResourceId: logicalId, PhysicalResourceId: name } of page.StackResourceSummaries ?? [])
          if (logicalId !== undefined && name !== undefined) physicalIds.set(logicalId, name);
      }
      const { TemplateBody = "" } = await cloudFormation.send(new GetTemplateCommand({ StackName: stackName }));
      const pseudo = {
        "AWS::Partition": id.split(":")[1] ?? "aws",
        "AWS::Region": region ?? "",
        "AWS::AccountId": account,
        "AWS::StackName": stackName,
        "AWS::StackId": id,
        "AWS::URLSuffix": "amazonaws.com",
      };
      return readTemplate(TemplateBody, { physicalIds, parameters: { ...parameters, ...pseudo } });
    });
  }

  /** With which new objects are locked; null: with none. */
  async function lock(bucket: string): Promise<Lock | null> {
    const { client } = await openS3Client(environment);
    const answer = await orMissing("ObjectLockConfigurationNotFoundError", "show the lock", `bucket ${bucket}`, () =>
      client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })),
    );
    return lockOf(answer?.ObjectLockConfiguration?.Rule?.DefaultRetention);
  }

  async function bucketPolicy(bucket: string): Promise<string | null> {
    const { client } = await openS3Client(environment);
    const answer = await orMissing("NoSuchBucketPolicy", "show the policy", `bucket ${bucket}`, () =>
      client.send(new GetBucketPolicyCommand({ Bucket: bucket })),
    );
    return answer?.Policy ?? null;
  }

  async function key(id: string): Promise<KeyState> {
    const { KeyMetadata: found } = await ask("describe it", `key ${id}`, () =>
      kms.send(new DescribeKeyCommand({ KeyId: id })),
    );
    return {
      id,
      description: found?.Description ?? "",
      state: found?.KeyState ?? "in no state that KMS says",
      deletedAt: found?.DeletionDate ?? null,
    };
  }

  const keyPolicy = (id: string): Promise<string | null> =>
    ask("show the policy", `key ${id}`, async () => {
      return (await kms.send(new GetKeyPolicyCommand({ KeyId: id, PolicyName: "default" }))).Policy ?? null;
    });

  /** The states of a group's schedules, by name. */
  const schedules = (group: string): Promise<ReadonlyMap<string, string>> =>
    ask("list the schedules", `group ${group}`, async () => {
      const states = new Map<string, string>();
      const client = new SchedulerClient(settings);
      for await (const { Schedules = [] } of paginateListSchedules({ client }, { GroupName: group }))
        for (const { Name, State } of Schedules) states.set(Name ?? "", State ?? "");
      return states;
    });

  /** When a workspace's newest seal was made, in milliseconds since 1970; null: there is none. */
  const newestSealAt = (bucket: string, workspace: string): Promise<number | null> =>
    ask("list the seals", `bucket ${bucket}`, async () => {
      const { client } = await openS3Client(environment);
      let newest: number | null = null;
      // A seal is created once, and they are listed by number.
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: sealsPrefix(workspace) }))
        for (const { LastModified: created } of page.Contents ?? []) newest = created?.getTime() ?? newest;
      return newest;
    });

  const checkpoint = (table: string, workspace: string) => openDynamoDb(table, environment).read(workspace);

  const subscriptions = (topic: string): Promise<readonly Subscription[]> =>
    ask("list the subscriptions", `topic ${topic}`, async () => {
      const found: Subscription[] = [];
      const client = new SNSClient(settings);
      for await (const page of paginateListSubscriptionsByTopic({ client }, { TopicArn: topic })) {
        for (const { Endpoint: endpoint = "", SubscriptionArn: arn = "" } of page.Subscriptions ?? [])
          found.push({ endpoint, isConfirmed: arn.startsWith("arn:") });
      }
      return found;
    });

  /** Of trails that belong to an organisation, a member account may not be told all. */
  async function trails(): Promise<readonly Trail[]> {
    const { trailList = [] } = await ask("list the trails", "CloudTrail", () =>
      cloudTrail.send(new DescribeTrailsCommand({ includeShadowTrails: true })),
    );
    return await Promise.all(trailList.map(trail));
  }

  async function trail({ Name, TrailARN, HomeRegion, IsMultiRegionTrail }: TrailDescription): Promise<Trail> {
    const by = { arn: TrailARN ?? Name ?? "" };
    const status = await cloudTrail.send(new GetTrailStatusCommand({ Name: by.arn })).catch(orHidden);
    const selectors = await cloudTrail.send(new GetEventSelectorsCommand({ TrailName: by.arn })).catch(orHidden);
    return {
      name: Name ?? by.arn,
      isOfRegion: IsMultiRegionTrail === true || HomeRegion === region,
      isLogging: status === null ? null : status.IsLogging === true,
      leavesOut: selectors === null ? null : leftOut(selectors as Parameters<typeof leftOut>[0]),
    };
  }

  /** The SHA-256, in hex, of the zip file from which the version of a function runs that schedules start. */
  const codeHash = (functionName: string): Promise<string> =>
    ask("say which code it runs", `function ${functionName}`, async () => {
      const command = new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier: "live" });
      const { CodeSha256 = "" } = await new LambdaClient(settings).send(command);
      return Buffer.from(CodeSha256, "base64").toString("hex");
    });

  /** How many functions may run at once that have nothing reserved for them. */
  const unreservedConcurrency = (): Promise<number> =>
    ask("show the quotas", "Lambda", async () => {
      const { AccountLimit } = await new LambdaClient(settings).send(new GetAccountSettingsCommand({}));
      return AccountLimit?.UnreservedConcurrentExecutions ?? AccountLimit?.ConcurrentExecutions ?? 0;
    });

  /** What a secret or parameter holds; or why that is no token. */
  async function token(arn: string): Promise<string | Failure> {
    try {
      return await createTokenOpener(systemClock, settings)(arn).current();
    } catch (error) {
      // What AWS refused has its cause; an answer without a token has none.
      if (!(error instanceof ArchiverError)) throw error;
      if (error.cause === undefined) return error;
      throw told(error.cause, "read it", arn);
    }
  }

  return {
    region,
    caller,
    state,
    template,
    lock,
    bucketPolicy,
    key,
    keyPolicy,
    schedules,
    newestSealAt,
    checkpoint,
    codeHash,
    subscriptions,
    trails,
    unreservedConcurrency,
    token,
  };
}

export function lockOf(
  retention:
    | { readonly Mode?: string | undefined; readonly Days?: number | undefined; readonly Years?: number | undefined }
    | undefined,
): Lock | null {
  if (retention?.Mode === undefined) return null;
  return { mode: retention.Mode, days: retention.Days ?? (retention.Years ?? 0) * 365 };
}

const DENIED = /AccessDenied|Unauthorized|NotAuthorized|Forbidden/;

/** As every error of AWS here, but for whoever may not look: there is a role that may. */
function told(error: unknown, doing: string, place: string): ArchiverError {
  const known = awsError(error, doing, place);
  if (!DENIED.test(awsFault(error).code)) return known;
  return new ArchiverError(known.kind, known.message, {
    advice: "Run doctor as the auditor (output AuditorRole), who may look at all of this",
    cause: error,
  });
}

async function ask<T>(doing: string, place: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw told(error, doing, place);
  }
}

/** Null for the one error that says that there is none. */
const orMissing = <T>(code: string, doing: string, place: string, call: () => Promise<T>): Promise<T | null> =>
  ask(doing, place, () =>
    call().catch((error: unknown) => {
      if (awsFault(error).code === code) return null;
      throw error;
    }),
  );

const orHidden = (error: unknown): null => {
  if (DENIED.test(awsFault(error).code) || awsFault(error).code === "TrailNotFoundException") return null;
  throw told(error, "show what it records", "CloudTrail");
};
