/**
 * An archive with a second copy in another account, on an emulated AWS: both deployed in the documented order, written by
 * runs, copied by the emulator's own replication, which asks the copy's policy, and verified there. CloudFormation of the
 * emulator leaves a bucket's replication out, so the rule of the template is put by hand.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketReplicationCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import { createS3Client } from "../../lambda/stores/aws-clients.ts";
import { createDeployer, type Deployer, type Outputs } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { createScene, createThreeDays, type Scene } from "./scene.ts";

const ROLE = "arn:aws:iam::000000000000:role/AsanaAuditArchive-us-east-1-replication";
/** The emulator takes an access key of twelve digits for an account. */
const OTHER_ACCOUNT = "111122223333";

/** The emulator's own copying counts as plain HTTP there; the statements that refuse that are the only ones without a name. */
const PLAIN_HTTP = "";

describe.runIf(isEmulatorInstalled())("a second copy in another account", () => {
  const feed = createThreeDays();
  let folder: string;
  let served: ServedFeed;
  let emulator: Emulator;
  let copyist: Deployer;
  let scene: Scene;
  let outputs: Outputs;
  let there: S3Client;
  let copy: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "replica-test-"));
    served = await serveFeed(feed, { clock: { now: () => Date.now() } });
    emulator = await startEmulator();
    await mkdir(join(folder, "copy"));
    const other = inOtherAccount(emulator);
    there = createS3Client(other.client);
    copyist = createDeployer(other, join(folder, "copy"), { withoutStatements: [PLAIN_HTTP] });
    await copyist.bootstrap();
    outputs = await copyist.deployReplica({ replicaOf: ROLE });
    copy = /s3:\/\/(\S+)/.exec(outputs["Verify"]!)![1]!;

    const deployer = createDeployer(emulator, folder);
    scene = createScene(emulator, deployer, feed);
    await deployer.bootstrap();
    // As they are printed, for the command line.
    const printed = [...outputs["ReplicaSettings"]!.matchAll(/-c (\w+)=(\S+)/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    await scene.deploy({ sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60", ...Object.fromEntries(printed) });
    const { Resources } = await deployer.template("AsanaAuditArchive");
    const [, archive] = Object.entries(Resources).find(([id]) => id.startsWith("ArchiveBucket"))!;
    await replicate(archive.Properties.ReplicationConfiguration.Rules, ROLE);
    await scene.putToken();
  });
  afterAll(async () => {
    await emulator?.stop();
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const replicate = (rules: readonly { Id: string }[], Role: string) =>
    scene.s3.send(
      new PutBucketReplicationCommand({
        Bucket: scene.deployed().bucket,
        // biome-ignore lint/suspicious/noExplicitAny: the template's rule is the API's but for the name of its id
        ReplicationConfiguration: { Role, Rules: rules.map(({ Id, ...rule }) => ({ ID: Id, ...rule })) as any },
      }),
    );

  it("holds what the archive holds, byte for byte, and verify of it says so", async () => {
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
    const copies = await objectsIn(there, copy);
    expect(copies.size).toBeGreaterThan(3);
    expect(copies).toEqual(await objectsIn(scene.s3, scene.deployed().bucket));
    expect(await copyist.paste(outputs["Verify"]!)).toMatch(/no faults/i);
  });

  it("keeps what is hidden in the archive under a delete marker", async () => {
    const [key = ""] = [...(await objectsIn(there, copy)).keys()].filter((one) => one.startsWith("events/"));
    await scene.s3.send(new DeleteObjectCommand({ Bucket: scene.deployed().bucket, Key: key }));
    expect((await objectsIn(scene.s3, scene.deployed().bucket)).has(key)).toBe(false);
    expect((await objectsIn(there, copy)).has(key)).toBe(true);
    const { DeleteMarkers = [] } = await there.send(new ListObjectVersionsCommand({ Bucket: copy }));
    expect(DeleteMarkers).toEqual([]);
    expect(await copyist.paste(outputs["Verify"]!)).toMatch(/no faults/i);
  });

  it.each(["coverage", "seals", "stamps", "keys", "whatever/comes"])("has what is under %s/ too", async (prefix) => {
    const Key = `${prefix}/1`;
    await scene.s3.send(new PutObjectCommand({ Bucket: scene.deployed().bucket, Key, Body: prefix }));
    const { Body } = await there.send(new GetObjectCommand({ Bucket: copy, Key }));
    expect(await Body!.transformToString()).toBe(prefix);
  });

  it("takes nothing from another role than the one that it was deployed for", async () => {
    const rule = { Id: "other", Status: "Enabled", Priority: 1, Filter: { Prefix: "" } };
    const Destination = { Bucket: `arn:aws:s3:::${copy}` };
    const other = [{ ...rule, DeleteMarkerReplication: { Status: "Disabled" }, Destination }];
    await replicate(other, ROLE.replace("-replication", "-other"));
    await scene.s3.send(new PutObjectCommand({ Bucket: scene.deployed().bucket, Key: "events/forged", Body: "1" }));
    expect((await objectsIn(there, copy)).has("events/forged")).toBe(false);
  });
});

const inOtherAccount = (emulator: Emulator): Emulator => ({
  ...emulator,
  env: { ...emulator.env, AWS_ACCESS_KEY_ID: OTHER_ACCOUNT, CDK_DEFAULT_ACCOUNT: OTHER_ACCOUNT },
  client: { ...emulator.client, credentials: { accessKeyId: OTHER_ACCOUNT, secretAccessKey: "test" } },
});

/** Every object of a bucket, by its key. */
async function objectsIn(client: S3Client, Bucket: string): Promise<Map<string, string>> {
  const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
  const found = new Map<string, string>();
  for (const { Key, IsLatest } of Versions) {
    if (IsLatest !== true) continue;
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    found.set(Key!, await Body!.transformToString("base64"));
  }
  return found;
}
