/**
 * An AWS account on loopback in which a template was deployed: what its services say of it, to whoever looks. It makes
 * names by rules of its own (`resolveTemplate`), and gives policies back in other words than they were put.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { Template } from "aws-cdk-lib/assertions";
import { onTestFinished } from "vitest";
import type { CheckpointState } from "../../lambda/ports.ts";
import { stateToJson } from "../../lambda/stores/checkpoint-format.ts";
import { ACCOUNT, REGION, type ResolvedResource, resolveTemplate } from "../infra/policy/resolve.ts";
import { listen } from "./loopback.ts";

export const STACK = "AsanaAuditArchive";

/** What a test changes to see that it is found; all of it is as it should be at first. */
export interface AccountState {
  stackStatus: string | null;
  lock: { Mode: string; Days: number } | null;
  /** By key id. */
  keyStates: Record<string, string>;
  /** Policies that somebody has put since, by bucket or key id. */
  otherPolicies: Record<string, string>;
  /** By name. */
  scheduleStates: Record<string, string>;
  checkpoint: CheckpointState | null;
  /** To the topic of alarms; nobody listens to that of seals. */
  subscriptions: Record<string, string>;
  /** When the workspace's only seal was made, in milliseconds since 1970; null: there is none. */
  sealedAt: number | null;
  /** SHA-256 of every function's code. */
  codeHash: Buffer;
  trails: { readonly name: string; isLogging: boolean; type: string }[];
  unreserved: number;
  /** Null: nobody may read it. */
  token: string | null;
  /** How far AWS's clock is ahead. */
  aheadMs: number;
  /** Actions that are refused, such as `GetTemplate`. */
  denied: string[];
}

export interface AwsAccount {
  readonly state: AccountState;
  /** Names of the actions that were called. */
  readonly calls: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The only resource of its type whose logical id matches. */
  find(type: string, id?: RegExp): ResolvedResource;
}

export async function startAwsAccount(
  template: Template,
  given: Pick<AccountState, "checkpoint"> & Partial<AccountState>,
): Promise<AwsAccount> {
  const resources = resolveTemplate(template);
  const find = (type: string, id = /./): ResolvedResource => {
    const [found, ...others] = resources.filter((resource) => resource.type === type && id.test(resource.id));
    if (found === undefined || others.length > 0) throw new Error(`${type} ${id} is not one.`);
    return found;
  };
  const archive = find("AWS::S3::Bucket", /^ArchiveBucket/);
  const alarmTopic = find("AWS::SNS::Topic", /Watch/).ref;
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  const state: AccountState = {
    stackStatus: "UPDATE_COMPLETE",
    lock: archive.properties.ObjectLockConfiguration.Rule.DefaultRetention,
    keyStates: {},
    otherPolicies: {},
    scheduleStates: Object.fromEntries(of("AWS::Scheduler::Schedule").map(({ ref }) => [ref, "ENABLED"])),
    subscriptions: { "a@example.com": `${alarmTopic}:1` },
    sealedAt: Date.now() - 3_600_000,
    codeHash: Buffer.alloc(32),
    trails: [{ name: "everything", isLogging: true, type: "All" }],
    unreserved: 1_000,
    token: null,
    aheadMs: 0,
    denied: [],
    ...given,
  };
  const calls: string[] = [];

  /** What is in force on a bucket or a key. */
  function policyOf(name: string): string | null {
    const bucket = of("AWS::S3::BucketPolicy").find(({ properties }) => properties.Bucket === name);
    const policy =
      bucket?.properties.PolicyDocument ?? of("AWS::KMS::Key").find(({ ref }) => ref === name)?.properties.KeyPolicy;
    return state.otherPolicies[name] ?? (policy === undefined ? null : JSON.stringify(inOtherWords(policy)));
  }

  const trailOf = (name: string) => state.trails.find((trail) => trail.name === name);

  /** By action; null: it is not there. XML and JSON as the service has them. */
  const ANSWERS: Readonly<Record<string, (input: Input) => unknown>> = {
    GetCallerIdentity: () => ({ Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/auditor/me`, Account: ACCOUNT }),
    DescribeStacks: () =>
      state.stackStatus && {
        Stacks: [
          {
            StackName: STACK,
            StackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${STACK}/1`,
            StackStatus: state.stackStatus,
            CreationTime: "2026-11-01T00:00:00Z",
            Outputs: [
              { OutputKey: "AlarmTopic", OutputValue: alarmTopic },
              { OutputKey: "SealsTopic", OutputValue: find("AWS::SNS::Topic", /Seals/).ref },
            ],
          },
        ],
      },
    ListStackResources: () => ({
      StackResourceSummaries: resources.map(({ id, type, ref }) => ({
        LogicalResourceId: id,
        PhysicalResourceId: ref,
        ResourceType: type,
      })),
    }),
    GetTemplate: () => ({ TemplateBody: JSON.stringify(template.toJSON()) }),
    ListSubscriptionsByTopic: ({ TopicArn }) => ({
      Subscriptions: Object.entries(TopicArn === alarmTopic ? state.subscriptions : {}).map(
        ([Endpoint, SubscriptionArn]) => ({
          Endpoint,
          SubscriptionArn,
        }),
      ),
    }),
    GetObjectLockConfiguration: () =>
      state.lock && { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: state.lock } },
    ListObjectsV2: ({ prefix = "" }) => ({
      KeyCount: state.sealedAt === null ? 0 : 1,
      IsTruncated: false,
      ...(state.sealedAt !== null && {
        Contents: { Key: `${prefix}000001.txt`, LastModified: new Date(state.sealedAt).toISOString() },
      }),
    }),
    GetBucketPolicy: ({ bucket }) => policyOf(bucket ?? ""),
    DescribeKey: ({ KeyId = "" }) => ({
      KeyMetadata: { KeyId, Description: "a key", KeyState: state.keyStates[KeyId] ?? "Enabled" },
    }),
    GetKeyPolicy: ({ KeyId = "" }) => ({ Policy: policyOf(KeyId) }),
    GetItem: () => ({
      ...(state.checkpoint !== null && {
        Item: { version: { S: "1" }, state: { S: JSON.stringify(stateToJson(state.checkpoint)) } },
      }),
    }),
    GetSecretValue: () => ({ SecretString: state.token }),
    DescribeTrails: () => ({
      trailList: state.trails.map(({ name }) => ({ Name: name, TrailARN: name, HomeRegion: REGION })),
    }),
    GetTrailStatus: ({ Name = "" }) => ({ IsLogging: trailOf(Name)?.isLogging }),
    GetEventSelectors: ({ TrailName = "" }) => ({ EventSelectors: [{ ReadWriteType: trailOf(TrailName)?.type }] }),
    GetFunctionConfiguration: () => ({ CodeSha256: state.codeHash.toString("base64") }),
    GetAccountSettings: () => ({ AccountLimit: { UnreservedConcurrentExecutions: state.unreserved } }),
    ListSchedules: () => ({
      Schedules: Object.entries(state.scheduleStates).map(([Name, State]) => ({ Name, State })),
    }),
  };

  const server = createServer((request, response) => {
    readInput(request).then(
      (input) => {
        const { action, form } = input;
        calls.push(action);
        response.setHeader("date", new Date(Date.now() + state.aheadMs).toUTCString());
        const isHidden = state.denied.includes(action) || (action === "GetSecretValue" && state.token === null);
        const answer = isHidden ? undefined : ANSWERS[action]?.(input);
        if (answer === undefined) return refuse("AccessDenied", 403);
        if (answer === null) return refuse(MISSING[action] ?? "NotFound", 400);
        if (action === "GetBucketPolicy") return response.end(answer);
        if (form === "json")
          return response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(answer));
        const xml = toXml(answer);
        response.setHeader("content-type", "text/xml");
        const root = action === "ListObjectsV2" ? "ListBucketResult" : "ObjectLockConfiguration";
        if (form === "s3") return response.end(`<${root}>${xml}</${root}>`);
        return response.end(`<${action}Response><${action}Result>${xml}</${action}Result></${action}Response>`);

        function refuse(code: string, status: number) {
          const message = code === "ValidationError" ? `Stack with id ${STACK} does not exist` : "not for you";
          const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
          const xml = form === "s3" ? error : `<ErrorResponse>${error}</ErrorResponse>`;
          const type = `${code}Exception`;
          return form === "json"
            ? response.writeHead(status, { "x-amzn-errortype": type }).end(JSON.stringify({ __type: type, message }))
            : response.writeHead(status, { "content-type": "text/xml" }).end(xml);
        }
      },
      () => undefined,
    );
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    state,
    calls,
    find,
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: "AKIACANARY",
      AWS_SECRET_ACCESS_KEY: "canary-secret-key",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
  };
}

/** What a service calls the error that there is none. */
const MISSING: Readonly<Record<string, string>> = {
  DescribeStacks: "ValidationError",
  GetObjectLockConfiguration: "ObjectLockConfigurationNotFoundError",
  GetBucketPolicy: "NoSuchBucketPolicy",
};

interface Input {
  readonly action: string;
  readonly form: "json" | "query" | "s3";
  readonly bucket?: string;
  readonly prefix?: string;
  readonly KeyId?: string;
  readonly Name?: string;
  readonly TrailName?: string;
  readonly TopicArn?: string;
}

/** Which action a request is, however its service says that. */
async function readInput(request: IncomingMessage): Promise<Input> {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://aws");
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") return { ...JSON.parse(body), action: target.split(".")[1]!, form: "json" };
  if (pathname === "/schedules") return { action: "ListSchedules", form: "json" };
  if (pathname.endsWith("/account-settings")) return { action: "GetAccountSettings", form: "json" };
  if (pathname.endsWith("/configuration")) return { action: "GetFunctionConfiguration", form: "json" };
  if (request.method === "POST") {
    const fields = new URLSearchParams(body);
    return { action: fields.get("Action") ?? "", form: "query", TopicArn: fields.get("TopicArn") ?? "" };
  }
  const prefix = searchParams.get("prefix");
  if (prefix !== null) return { action: "ListObjectsV2", form: "s3", bucket: pathname.split("/")[1] ?? "", prefix };
  const action = searchParams.has("policy") ? "GetBucketPolicy" : "GetObjectLockConfiguration";
  return { action, form: "s3", bucket: pathname.split("/")[1] ?? "" };
}

const asText = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join("");
  if (typeof value !== "object" || value === null) return asText(String(value));
  return Object.entries(value)
    .map(([name, item]) => `<${name}>${toXml(item)}</${name}>`)
    .join("");
}

/** The same policy: keys the other way round, texts as lists of one, and all principals as all of AWS. */
function inOtherWords(value: unknown, key = ""): unknown {
  if (key === "Principal" && value === "*") return { AWS: "*" };
  if (key === "Action" && typeof value === "string") return [value];
  if (Array.isArray(value)) return value.map((item) => inOtherWords(item)).reverse();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, item]) => [name, inOtherWords(item, name)])
      .reverse(),
  );
}
