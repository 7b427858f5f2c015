/**
 * A stack that the first reviewed version deployed, with an archive in it, brought to today's version. The emulator replaces
 * a resource that CloudFormation would replace; what it does not know is compared in test/infra/stateful.test.ts.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import { createDeployer, type Deployed, type Deployer, type Resource, type Template } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { createScene, createThreeDays, type Scene } from "./scene.ts";

/**
 * That version's template for the feed's workspace, without questions, views and the dashboard, which hold nothing, and
 * without the function's code.
 */
const FIRST = join(import.meta.dirname, "fixtures/first-reviewed.template.json");

const COPY = {
  replicaBucketArn: "arn:aws:s3:::copy",
  replicaKeyArn: "arn:aws:kms:us-east-1:111122223333:key/1",
};

describe.runIf(isEmulatorInstalled())("an update of what an earlier version deployed", () => {
  const feed = createThreeDays();
  let folder: string;
  let served: ServedFeed;
  let emulator: Emulator;
  let deployer: Deployer;
  let scene: Scene;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "update-test-"));
    served = await serveFeed(feed, { clock: { now: () => Date.now() } });
    emulator = await startEmulator();
    deployer = createDeployer(emulator, folder);
    scene = createScene(emulator, deployer, feed);
    await deployer.bootstrap();
    const first: Template = JSON.parse(await readFile(FIRST, "utf8"));
    // An hour between runs: none of the schedule's starts one before the test does.
    await scene.deploy({ drainEveryMinutes: "60" }, (template) => {
      const { Code } = theFunction(template).Properties;
      theFunction(first).Properties.Code = Code;
      template.Resources = first.Resources;
      template.Outputs = first.Outputs;
    });
    await scene.putToken();
  });
  afterAll(async () => {
    await emulator?.stop();
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const checkpoint = async () => {
    const key = { TableName: scene.deployed().table, Key: { workspace: { S: FEED_WORKSPACE } } };
    return (await scene.dynamodb.send(new GetItemCommand(key))).Item;
  };
  const token = async () => {
    const secrets = new SecretsManagerClient(emulator.client);
    return (await secrets.send(new GetSecretValueCommand({ SecretId: scene.deployed().secretId }))).SecretString;
  };

  it("keeps bucket, table, secret, topic and all that is in them, and goes on where the archive was", async () => {
    const before = scene.deployed();
    await drainFromTheDesk(scene, deployer, served.baseUrl);
    const [archived, moved] = [await scene.archived(), await checkpoint()];
    expect(archived).toEqual(scene.shown());
    expect(moved).toBeDefined();

    await scene.deploy({ sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60" });
    expectTheSame(scene.deployed(), before);
    expect(await scene.archived()).toEqual(archived);
    expect(await checkpoint()).toEqual(moved);
    expect(await token()).toBe(FEED_TOKEN);

    feed.append(FEED_WORKSPACE, sampleEventJson("9900000001", new Date(Date.now() - 1).toISOString()));
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up", archived: 1 });
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("that adds a second copy keeps them too", async () => {
    const before = scene.deployed();
    const archived = await scene.archived();
    await scene.deploy({ sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60", ...COPY });
    expectTheSame(scene.deployed(), before);
    expect(await scene.archived()).toEqual(archived);
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
  });
});

function expectTheSame(after: Deployed, before: Deployed): void {
  const { bucket, table, alarmTopic } = before;
  expect(after).toMatchObject({ bucket, table, alarmTopic });
  // The emulator gave the secret's name where it now gives its ARN.
  expect(after.secretId).toContain(before.secretId);
}

const theFunction = ({ Resources }: Template): Resource =>
  Object.values(Resources).find(({ Type }) => Type === "AWS::Lambda::Function")!;

/** The function's code of today does not run in the environment of then; the format of what it writes is the same. */
async function drainFromTheDesk(scene: Scene, deployer: Deployer, baseUrl: string): Promise<void> {
  const { bucket, table } = scene.deployed();
  const places = `--archive s3://${bucket} --checkpoint dynamodb://${table}`;
  const command = `node cli/bin.js drain --workspace ${FEED_WORKSPACE} ${places} --source ${baseUrl}`;
  await deployer.paste(`ASANA_TOKEN=${FEED_TOKEN} ${command}`);
}
