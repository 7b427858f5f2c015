/**
 * The product as its users have it: deployed with the CDK's own command line onto an emulated AWS, started by its own
 * schedule, against the simulated audit log. What the emulator does not have (encryption, Object Lock, lifecycle,
 * failure destinations) is asserted on the template, and tried on a real account by infra/checks/live.ts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import {
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DoctorFinding, DoctorVerdict } from "../../cli/doctor/finding.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import { runCli } from "../cli/run-cli.ts";
import { createDeployer, type Deployer } from "./deployment.ts";
import { authorizationFor, type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { createScene, createThreeDays, receive, type Scene, subscribe, until, verifyEverything } from "./scene.ts";
import { startWireProxy } from "./wire-proxy.ts";

const CLOCK = { now: () => Date.now() };

const GET_ITEM = { service: "dynamodb", operation: "GetItem" };
const UPDATE_ITEM = { service: "dynamodb", operation: "UpdateItem" };
const LIST = { service: "s3", operation: "List" };
const PUT = { service: "s3", operation: "Put" };

/** All calls of one kind, for the whole of a run: retries do not help. */
const FAULTS = [GET_ITEM, LIST, PUT, UPDATE_ITEM].flatMap((call) =>
  (["before", "after"] as const).map((how) => ({ ...call, how })),
);

describe.runIf(isEmulatorInstalled())("deployed on an emulated AWS", () => {
  const feed = createThreeDays();
  let folder: string;
  let served: ServedFeed;
  let proxy: Awaited<ReturnType<typeof startWireProxy>>;
  let emulator: Emulator;
  let deployer: Deployer;
  let scene: Scene;
  let gids = 0;

  /** One event of today that the feed shows at once. */
  const emit = () => {
    const createdAt = new Date(Date.now() - 1).toISOString();
    feed.append(FEED_WORKSPACE, sampleEventJson(`99${String(++gids).padStart(8, "0")}`, createdAt));
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "deploy-test-"));
    served = await serveFeed(feed, { clock: CLOCK });
    proxy = await startWireProxy();
    emulator = await startEmulator({ environment: { AWS_ENDPOINT_URL: proxy.url, AWS_ENDPOINT_URL_S3: proxy.url } });
    proxy.connect(emulator.endpoint);
    deployer = createDeployer(emulator, folder);
    scene = createScene(emulator, deployer, feed);
    await deployer.bootstrap();
    await scene.deploy({ sourceBaseUrl: served.baseUrl, drainEveryMinutes: "1" });
  });
  afterAll(async () => {
    await emulator?.stop();
    await proxy?.close();
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("lets the archive's own role that deploys change its policies, and not the one of every CDK app", async () => {
    const { Policy = "" } = await scene.s3.send(new GetBucketPolicyCommand({ Bucket: scene.deployed().bucket }));
    const { Statement } = JSON.parse(Policy) as { Statement: { Sid?: string; Condition?: unknown }[] };
    const { Condition } = Statement.find(({ Sid }) => Sid === "OnlyDeploymentConfigures")!;
    const own = "arn:aws:iam::000000000000:role/cdk-archive-cfn-exec-role-000000000000-us-east-1";
    expect(Condition).toEqual({ ArnNotEquals: { "aws:PrincipalArn": [own] } });
  });

  it("a run without a token fails and says where the token belongs", async () => {
    expect(await scene.invoke()).toMatchObject({ errorMessage: expect.stringMatching(/holds no token/) });
  });

  it("with a token in its secret, the schedule alone archives three days of events, once each, byte for byte", async () => {
    await scene.putToken();
    const shown = scene.shown();
    expect(shown.count).toBeGreaterThan(4_000);
    await until(async () => ((await scene.archived()).count >= shown.count ? true : null), "complete archive");
    expect(await scene.archived()).toEqual(shown);
  });

  it("doctor finds all as it was deployed, but for lock and trail, which the emulator lacks, and that nothing is sealed and nobody told of alarms yet", async () => {
    const args = ["doctor", "--stack", "AsanaAuditArchive", "--json"];
    const { code, stdout } = await runCli(args, { token: null, env: { ...emulator.env } });
    const findings: DoctorFinding[] = stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
    const verdictsOf = (verdict: DoctorVerdict) => findings.filter((finding) => finding.verdict === verdict);
    expect(code).toBe(1);
    expect(verdictsOf("not ok").map(({ check }) => check)).toEqual([
      "lock",
      `last seal of ${FEED_WORKSPACE}`, // the first sealing is due tomorrow
      "alarm subscriptions",
      "trail for the tripwire",
    ]);
    // The first rescan is due in an hour.
    expect(verdictsOf("cannot tell").map(({ check }) => check)).toEqual([`last rescan of ${FEED_WORKSPACE}`]);
    expect(verdictsOf("ok").filter(({ check }) => /^policy of/.test(check))).toHaveLength(7);
    expect(stdout).not.toContain(FEED_TOKEN);
  });

  it("the commands that a deployment gives work as they are pasted", async () => {
    const { Status, Verify } = scene.deployed().outputs;
    const verified = await deployer.paste(Verify!);
    expect(verified).toMatch(/no fault/i);
    expect(await deployer.paste(`${Verify} --threads 2`)).toBe(verified);
    expect(await deployer.paste(Status!)).toContain(FEED_WORKSPACE);
  });

  it("the state machine verifies everything in portions, and reports what verify says of the same archive", async () => {
    const good = await verifyEverything(emulator, scene);
    // Nothing is sealed yet, so it is not told who signed.
    expect(good).toMatchObject({ outcome: "untold", faults: [], workspaces: [{ workspace: FEED_WORKSPACE }] });
    expect(good.workspaces[0].events).toBeGreaterThanOrEqual(4_000);

    const foreign = { Bucket: scene.deployed().bucket, Key: `events/workspace=${FEED_WORKSPACE}/foreign.txt` };
    const { VersionId } = await scene.s3.send(new PutObjectCommand({ ...foreign, Body: "x" }));
    const bad = await verifyEverything(emulator, scene);
    const args = ["verify", "--archive", `s3://${foreign.Bucket}`, "--json"];
    const atTheDesk = JSON.parse((await runCli(args, { token: null, env: { ...emulator.env } })).stdout);
    await scene.s3.send(new DeleteObjectCommand({ ...foreign, VersionId }));
    expect(bad).toMatchObject({ outcome: "faulty", faults: [{ invariant: "I6", key: foreign.Key }] });
    expect(bad.faults).toEqual(atTheDesk.faults);
  });

  it("runs that fail reach whoever listens to the alarms", async () => {
    const inbox = await subscribe(scene, scene.deployed().alarmTopic);
    feed.change({ tokens: {} });
    for (let count = 0; count < 3; count++) await scene.invokeAsync();
    // The emulator does not make metrics of log lines, and looks at its alarms when it is given one.
    await putMetric(emulator.endpoint, "Stopped", FEED_WORKSPACE);
    const alarms = [/Function errors/, new RegExp(`${FEED_WORKSPACE} Stopped`)];
    for (const alarm of alarms)
      expect(await until(() => receive(scene.sqs, inbox, alarm), "alarm")).toContain("of docs/runbook.md");
    feed.change({ tokens: { [FEED_TOKEN]: "full" } });
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
  });

  it("a second deployment with other settings loses nothing, and goes on where the first was", async () => {
    const before = scene.deployed();
    await scene.deploy({
      sourceBaseUrl: served.baseUrl,
      drainEveryMinutes: "60",
      memoryMiB: "1024",
      logLevel: "debug",
    });
    expect(scene.deployed()).toMatchObject({ bucket: before.bucket, table: before.table, secretId: before.secretId });
    expect(await scene.archived()).toEqual(scene.shown());
    emit();
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up", archived: 1 });
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("an idle run costs one read, one list, one request and one update; one that finds events a request and a put more", async () => {
    await scene.invoke();
    const asked = feed.requests.length;
    proxy.restart();
    await scene.invoke();
    expect(proxy.restart()).toEqual([GET_ITEM, LIST, UPDATE_ITEM]);
    expect(feed.requests.length - asked).toBe(1);
    emit();
    emit();
    await scene.invoke();
    expect(proxy.restart()).toEqual([GET_ITEM, LIST, PUT, UPDATE_ITEM]);
    expect(feed.requests.length - asked).toBe(3);
  });

  it.each(FAULTS)(
    "every $service $operation of a run spoilt, $how it took effect: the archive is the feed's",
    async ({ service, operation, how }) => {
      emit();
      proxy.restart((call) => (call.service === service && call.operation === operation ? how : null));
      await scene.invoke();
      proxy.restart();
      await scene.invoke();
      expect(await scene.archived()).toEqual(scene.shown());
    },
  );

  it("one call spoilt, whichever it is and on either side of its effect: the archive is the feed's", async () => {
    for (let at = 0; at < 5; at++) {
      for (const how of ["before", "after"] as const) {
        emit();
        proxy.restart((_call, index) => (index === at ? how : null));
        await scene.invoke();
      }
    }
    proxy.restart();
    await scene.invoke();
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("two runs at once, and a rescan beside them, archive each event once", async () => {
    for (let count = 0; count < 50; count++) emit();
    await Promise.all([scene.invoke(), scene.invoke(), scene.invoke("rescan")]);
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("without its checkpoint, or with an old one, a run writes nothing twice", async () => {
    const item = { TableName: scene.deployed().table, Key: { workspace: { S: FEED_WORKSPACE } } };
    const { Item: old } = await scene.dynamodb.send(new GetItemCommand(item));
    emit();
    await scene.invoke();
    await scene.dynamodb.send(new PutItemCommand({ TableName: item.TableName, Item: old! }));
    expect(await scene.invoke()).toMatchObject({ archived: 0 });
    await scene.dynamodb.send(new DeleteItemCommand(item));
    emit();
    expect(await scene.invoke()).toMatchObject({ archived: 1 });
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it.each(["verify", "status"])("what hides a segment, or lies over one, is a fault that %s names", async (command) => {
    const place = { Bucket: scene.deployed().bucket };
    const { Contents = [] } = await scene.s3.send(new ListObjectsV2Command({ ...place, Prefix: "events/" }));
    // The newest of its day, which leaves no gap.
    const Key = Contents.map((one) => one.Key!).at(-1)!;
    const look = async () => {
      const args = [command, "--archive", `s3://${place.Bucket}`, "--workspace", FEED_WORKSPACE];
      const { code, stdout } = await runCli(args, { token: null, env: { ...emulator.env } });
      return { code, isNamed: stdout.replace(/\s+/g, "").includes(Key) };
    };
    expect(await look()).toMatchObject({ isNamed: false });
    const hidden = await scene.s3.send(new DeleteObjectCommand({ ...place, Key }));
    expect(await look()).toEqual({ code: 1, isNamed: true });
    await scene.s3.send(new DeleteObjectCommand({ ...place, Key, VersionId: hidden.VersionId! }));
    const { Body } = await scene.s3.send(new GetObjectCommand({ ...place, Key }));
    const again = await scene.s3.send(
      new PutObjectCommand({ ...place, Key, Body: await Body!.transformToByteArray() }),
    );
    expect(await look()).toEqual({ code: 1, isNamed: true });
    await scene.s3.send(new DeleteObjectCommand({ ...place, Key, VersionId: again.VersionId! }));
    expect(await look()).toMatchObject({ isNamed: false });
  });

  it("a run whose time is up stops by itself, and the next one goes on", async () => {
    const unpublished = scene.deployed().live.replace(/:live$/, "");
    await scene.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: unpublished, Timeout: 46 }));
    for (let count = 0; count < 400; count++) emit();
    feed.change({ defaultLimit: 20, latencyMs: 150 });
    expect(await scene.invoke("drain", unpublished)).toMatchObject({ outcome: "out-of-time" });
    feed.change({ defaultLimit: 1_000, latencyMs: 0 });
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("the token is in no line that function or emulator wrote", () => {
    expect(scene.logs()).toContain('"the run ended"');
    expect(scene.logs()).not.toContain(FEED_TOKEN);
    expect(emulator.log()).not.toContain(FEED_TOKEN);
  });
});

/** As the function's metric line would be read. */
async function putMetric(endpoint: string, name: string, workspace: string): Promise<void> {
  const dimensions = { service: "AsanaAuditArchive", workspace };
  const body = new URLSearchParams({ Action: "PutMetricData", Version: "2010-08-01", Namespace: "AsanaAuditArchive" });
  body.set("MetricData.member.1.MetricName", name);
  body.set("MetricData.member.1.Value", "1");
  for (const [index, [key, value]] of Object.entries(dimensions).entries()) {
    body.set(`MetricData.member.1.Dimensions.member.${index + 1}.Name`, key);
    body.set(`MetricData.member.1.Dimensions.member.${index + 1}.Value`, value);
  }
  const authorization = authorizationFor("monitoring");
  const response = await fetch(endpoint, { method: "POST", body, headers: { authorization } });
  expect(response.status).toBe(200);
}
