/**
 * A stack that the first reviewed version deployed, with an archive in it, brought to today's version, back, and forward again. The
 * emulator replaces a resource that CloudFormation would replace; what it does not know is compared in test/infra/stateful.test.ts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteItemCommand, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import type { SealingResult } from "../../lambda/sealer-handler.ts";
import { createS3Archive } from "../../lambda/stores/s3-archive.ts";
import { runCli } from "../cli/run-cli.ts";
import { checkOutEarlier, FIRST_REVIEWED, isInHistory } from "../earlier-version.ts";
import { createDeployer, type Deployed } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { createScene, createThreeDays, type Scene, SEALED_HOURS_AGO } from "./scene.ts";

const COPY = {
  replicaBucketArn: "arn:aws:s3:::copy",
  replicaKeyArn: "arn:aws:kms:us-east-1:111122223333:key/1",
};

describe.runIf(isEmulatorInstalled() && isInHistory(FIRST_REVIEWED))("what an earlier version deployed", () => {
  const feed = createThreeDays(SEALED_HOURS_AGO);
  let folder: string;
  let served: ServedFeed;
  let emulator: Emulator;
  /** The same account, with that version in somebody's hands, and with today's. */
  let then: Scene;
  let today: Scene;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "update-test-"));
    served = await serveFeed(feed, { clock: { now: () => Date.now() } });
    emulator = await startEmulator();
    const deployerOf = async (checkout?: string) =>
      createDeployer(emulator, await mkdtemp(join(folder, "deployer-")), {}, checkout);
    const deployer = await deployerOf();
    today = createScene(emulator, deployer, feed);
    then = createScene(emulator, await deployerOf(checkOutEarlier(FIRST_REVIEWED)), feed);
    await deployer.bootstrap();
    await deploy(then);
    await then.putToken();
  });
  afterAll(async () => {
    await emulator?.stop();
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** An hour between runs: none of the schedule's starts one before the test does. */
  const deploy = (scene: Scene, more: Record<string, string> = {}): Promise<void> =>
    scene.deploy({
      sourceBaseUrl: served.baseUrl,
      drainEveryMinutes: "60",
      ...(scene === then ? { alarmEmails: "" } : {}),
      ...more,
    });

  const place = () => ({ TableName: then.deployed().table, Key: { workspace: { S: FEED_WORKSPACE } } });
  const checkpoint = async () => (await then.dynamodb.send(new GetItemCommand(place()))).Item;
  const token = async () => {
    const secrets = new SecretsManagerClient(emulator.client);
    return (await secrets.send(new GetSecretValueCommand({ SecretId: then.deployed().secretId }))).SecretString;
  };
  /** What may sign seals, as the archive has it for whoever verifies. */
  async function verifierKeys(): Promise<string[]> {
    const archive = createS3Archive({ bucket: today.deployed().bucket }, today.s3);
    const files = await Array.fromAsync(archive.list("keys/"));
    return Promise.all(
      files.map(
        async ({ key }) =>
          Buffer.from((await archive.get(key))!)
            .toString()
            .split("\n")[0]!,
      ),
    );
  }
  let signer: string;
  let gid = 9_900_000_000;
  const happen = () =>
    feed.append(FEED_WORKSPACE, sampleEventJson(String(++gid), new Date(Date.now() - 1).toISOString()));

  it("keeps bucket, table, secret, topic and all that is in them when it is updated, and goes on where the archive was", async () => {
    expect(await then.invoke()).toMatchObject({ outcome: "caught-up" });
    const [archived, moved] = [await then.archived(), await checkpoint()];
    expect(archived).toEqual(then.shown());
    expect(moved).toBeDefined();

    await deploy(today);
    expectTheSame(today.deployed(), then.deployed());
    expect(await today.archived()).toEqual(archived);
    expect(await checkpoint()).toEqual(moved);
    expect(await token()).toBe(FEED_TOKEN);

    happen();
    expect(await today.invoke()).toMatchObject({ outcome: "caught-up", archived: 1 });
    expect(await today.archived()).toEqual(today.shown());
    expect(await today.invoke("rescan")).toMatchObject({ outcome: "caught-up" });
    const { reports } = (await today.seal()) as SealingResult;
    expect(reports[0]!.sealed.length).toBeGreaterThan(2);
    [signer = ""] = await verifierKeys();
  });

  it("keeps them when the earlier version is deployed again, which goes on once the checkpoint is deleted", async () => {
    const before = today.deployed();
    const [archived, moved] = [await today.archived(), await checkpoint()];
    await deploy(then);
    expectTheSame(before, then.deployed());
    expect(await token()).toBe(FEED_TOKEN);

    happen();
    expect(await then.invoke()).toMatchObject({
      errorMessage: "The checkpoint is of format 3, and this version knows 1.",
    });
    expect(await checkpoint()).toEqual(moved);
    expect(await then.archived()).toEqual(archived);

    await then.dynamodb.send(new DeleteItemCommand(place()));
    expect(await then.invoke()).toMatchObject({ outcome: "caught-up", archived: 1 });
    expect(await then.archived()).toEqual(then.shown());
  });

  it("keeps them when it is updated once more, but seals nothing with another key than the one that signed", async () => {
    await deploy(today);
    expectTheSame(today.deployed(), then.deployed());
    happen();
    expect(await today.invoke()).toMatchObject({ outcome: "caught-up", archived: 1 });
    expect(await today.archived()).toEqual(today.shown());
    expect(await today.seal()).toMatchObject({ errorMessage: expect.stringContaining("are signed with the key") });
  });

  it("keeps them when an update says that this key is lost and adds a second copy; then another one signs", async () => {
    const archived = await today.archived();
    await deploy(today, { lostSealingKey: signer, ...COPY });
    expectTheSame(today.deployed(), then.deployed());
    expect(await today.archived()).toEqual(archived);
    expect(await today.invoke()).toMatchObject({ outcome: "caught-up" });
    expect(await today.seal()).toMatchObject({ reports: [{ halted: null }] });
    const keys = await verifierKeys();
    expect(keys).toHaveLength(2);
    expect(keys).toContain(signer);
    const { bucket, table } = today.deployed();
    const places = ["--archive", `s3://${bucket}`, "--checkpoint", `dynamodb://${table}`];
    const trusted = keys.flatMap((key) => ["--key", key]);
    const verified = await runCli(["verify", ...places, ...trusted], { token: null, env: { ...emulator.env } });
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("No faults found") });
  });
});

function expectTheSame(after: Deployed, before: Deployed): void {
  const { bucket, table, alarmTopic } = before;
  expect(after).toMatchObject({ bucket, table, alarmTopic });
  // That version gave the secret's name where today's gives its ARN.
  expect(after.secretId).toContain(before.secretId);
}
