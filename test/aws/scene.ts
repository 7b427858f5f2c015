/** An emulated AWS with the stack in it, the simulated audit log in front, and the hands to work both. */
import { setTimeout as sleep } from "node:timers/promises";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createCompany } from "../../feed/company.ts";
import { createLineDigest, type LineDigest } from "../../feed/digest.ts";
import { createFeed, type Feed } from "../../feed/feed.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import type { RunResult } from "../../lambda/handler.ts";
import type { SealingResult } from "../../lambda/sealer-handler.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import { createDynamoDbClient, createS3Client } from "../../lambda/stores/aws-clients.ts";
import { createS3Archive } from "../../lambda/stores/s3-archive.ts";
import type { Deployed, Deployer, Template } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { askStates } from "./states.ts";

const HOUR_MS = 3_600_000;

/** So long ago that days are sealed although the silence behind them was not looked at a second time, an hour later. */
export const SEALED_HOURS_AGO = 10 * 24;

/** Three days of a company that ended an hour ago or longer, so that nothing is still to become visible. */
export function createThreeDays(endedHoursAgo = 1): Feed {
  const toMs = Date.now() - endedHoursAgo * HOUR_MS;
  const company = createCompany({ seed: 4, people: 60, fromMs: toMs - 72 * HOUR_MS, toMs, eventsPerDay: 1_500 });
  return createFeed({ limits: null, workspaces: [{ gid: FEED_WORKSPACE, company }] });
}

export type Scene = ReturnType<typeof createScene>;

export function createScene(emulator: Emulator, deployer: Pick<Deployer, "deploy">, feed: Feed) {
  const { client } = emulator;
  const s3 = createS3Client(client);
  const dynamodb = createDynamoDbClient(client);
  const lambda = new LambdaClient(client);
  const logs: string[] = [];
  let deployed: Deployed;

  async function invokeFunction(FunctionName: string, input: object): Promise<unknown> {
    const { Payload, LogResult = "" } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(input), LogType: "Tail" }),
    );
    logs.push(Buffer.from(LogResult, "base64").toString());
    return JSON.parse(Buffer.from(Payload ?? []).toString());
  }

  return {
    s3,
    dynamodb,
    lambda,
    sqs: new SQSClient(client),
    sns: new SNSClient(client),
    deployed: () => deployed,
    /** What the function wrote in the runs that were started here: the end of each run's log. */
    logs: () => logs.join("\n"),
    async deploy(settings: Record<string, string>, edit?: (template: Template) => void): Promise<void> {
      deployed = await deployer.deploy({ workspaces: FEED_WORKSPACE, alarmEmails: "none", ...settings }, edit);
    },
    async putToken(): Promise<void> {
      const secrets = new SecretsManagerClient(client);
      await secrets.send(new PutSecretValueCommand({ SecretId: deployed.secretId, SecretString: FEED_TOKEN }));
    },
    async invoke(
      task: "drain" | "rescan" = "drain",
      functionName = deployed.live,
    ): Promise<RunResult | { errorMessage: string }> {
      return (await invokeFunction(functionName, { workspace: FEED_WORKSPACE, task })) as RunResult;
    },
    seal: async () => (await invokeFunction(deployed.sealer, {})) as SealingResult | { errorMessage: string },
    /** As the scheduler does it. */
    async invokeAsync(): Promise<void> {
      const input = JSON.stringify({ workspace: FEED_WORKSPACE, task: "drain" });
      await lambda.send(new InvokeCommand({ FunctionName: deployed.live, InvocationType: "Event", Payload: input }));
    },
    /** Every line of the bucket, each as often as it is there. */
    async archived(): Promise<LineDigest> {
      const archive = createS3Archive({ bucket: deployed.bucket }, s3);
      const codec = createStreamingCodec();
      const digest = createLineDigest();
      for await (const { key } of archive.list("events/")) {
        const bytes = await archive.get(key);
        for await (const lines of segmentLines(bytes!, codec)) for (const line of lines) digest.add(line);
      }
      return digest.value();
    },
    shown: (): LineDigest => feed.digest(FEED_WORKSPACE, { visibleByMs: Date.now() }),
  };
}

/** Waits for something that happens elsewhere. */
export async function until<T>(look: () => Promise<T | null>, what: string, withinMs = 120_000): Promise<T> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 500) {
    const seen = await look();
    if (seen !== null) return seen;
    await sleep(500);
  }
  throw new Error(`There was no ${what} within ${withinMs} ms.`);
}

/** Has the deployed state machine verify everything; the report that it leaves. */
export async function verifyEverything({ endpoint }: Emulator, scene: Scene) {
  const { VerifyEverything = "", Reports = "" } = scene.deployed().outputs;
  const stateMachineArn = /'(arn:aws:states:[^']+)'/.exec(VerifyEverything)![1]!;
  const { executionArn } = await askStates(endpoint, "StartExecution", { stateMachineArn });
  const ended = await until(async () => {
    const execution = await askStates(endpoint, "DescribeExecution", { executionArn });
    return execution.status === "RUNNING" ? null : execution;
  }, "end of the verification");
  if (ended.status !== "SUCCEEDED") throw new Error(`The verification ended as ${ended.status}: ${ended.error}`);
  const reports = createS3Archive({ bucket: /s3:\/\/([^/]+)\//.exec(Reports)![1]! }, scene.s3);
  return JSON.parse((await reports.get(JSON.parse(ended.output!).report))!.toString());
}

/** A queue that is told what is published to a topic; its URL. */
export async function subscribe({ sqs, sns }: Scene, topic: string): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "inbox" }));
  const queue = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: "sqs", Endpoint: queue.Attributes?.["QueueArn"] }));
  return QueueUrl!;
}

/** The bodies of messages that are there and were not received lately. */
export async function receiveAll(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body }) => Body ?? "");
}

/** The first message of those that are there which matches; null: none does yet. */
export const receive = async (sqs: SQSClient, QueueUrl: string, pattern: RegExp): Promise<string | null> =>
  (await receiveAll(sqs, QueueUrl)).find((body) => pattern.test(body)) ?? null;
