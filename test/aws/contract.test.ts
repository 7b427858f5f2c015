import { hash } from "node:crypto";
import { CreateTableCommand, DeleteItemCommand, GetItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoDbClient, createS3Client } from "../../lambda/stores/aws-clients.ts";
import { createDynamoDbCheckpoint } from "../../lambda/stores/dynamodb-checkpoint.ts";
import { createS3Archive } from "../../lambda/stores/s3-archive.ts";
import { createSecretTokens } from "../../lambda/tokens/secrets-manager.ts";
import { archiveContract } from "../../package/testing/archive-contract.ts";
import { checkpointContract, fullState } from "../../package/testing/checkpoint-contract.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";

const S3_PAGE_KEYS = 1_000;

describe.runIf(isEmulatorInstalled())("on an emulated AWS", () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator?.stop());

  const openBucket = async (bucket: string) => {
    const client = createS3Client(emulator.client);
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await client.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    return client;
  };
  const openTable = async (table: string) => {
    const client = createDynamoDbClient(emulator.client);
    await client.send(
      new CreateTableCommand({
        TableName: table,
        KeySchema: [{ AttributeName: "workspace", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "workspace", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    return client;
  };

  archiveContract(
    "S3",
    async () => {
      const client = await openBucket("contract");
      const open = () => createS3Archive({ bucket: "contract", expectedOwner: "000000000000" }, client);
      return { store: open(), another: open, close: async () => client.destroy() };
    },
    S3_PAGE_KEYS,
  );

  archiveContract(
    "S3, below a prefix",
    async () => {
      const client = await openBucket("prefixed");
      // A neighbour whose keys sort before and after ours, and must never show.
      for (const prefix of ["audit", "audit/log/x", "audit/logs", "b"]) {
        await createS3Archive({ bucket: "prefixed", prefix }, client).create("events/neighbour", Buffer.from("x"));
      }
      const open = () => createS3Archive({ bucket: "prefixed", prefix: "audit/log" }, client);
      return { store: open(), another: open, close: async () => client.destroy() };
    },
    S3_PAGE_KEYS,
  );

  checkpointContract("DynamoDB", async () => {
    const client = await openTable("contract");
    const open = () => createDynamoDbCheckpoint({ table: "contract" }, client);
    return { store: open(), another: open, close: async () => client.destroy() };
  });

  describe("an S3 archive", () => {
    const key = "events/workspace=1/dt=2026-05-01/000001.ndjson.gz";

    it("leaves one version of an object however often it was wanted", async () => {
      const client = await openBucket("versions");
      const archive = createS3Archive({ bucket: "versions" }, client);
      for (let attempt = 0; attempt < 3; attempt++) await archive.create(key, Buffer.from(`attempt ${attempt}`));
      const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket: "versions" }));
      expect(Versions).toHaveLength(1);
      expect(DeleteMarkers ?? []).toEqual([]);
    });

    it("is kept with its SHA-256 and as gzip, which no client takes off", async () => {
      const client = await openBucket("stored");
      await createS3Archive({ bucket: "stored" }, client).create(key, Buffer.from("segment"));
      const head = await client.send(new HeadObjectCommand({ Bucket: "stored", Key: key, ChecksumMode: "ENABLED" }));
      expect(head.ChecksumSHA256).toBe(hash("sha256", "segment", "base64"));
      expect(head.ContentType).toBe("application/gzip");
      expect(head.ContentEncoding).toBeUndefined();
    });

    it("can be filled again where somebody put a delete marker: the condition does not see it, so the policy must", async () => {
      const client = await openBucket("marker");
      const archive = createS3Archive({ bucket: "marker" }, client);
      await archive.create(key, Buffer.from("first"));
      await client.send(new DeleteObjectCommand({ Bucket: "marker", Key: key }));
      expect(await archive.get(key)).toBeNull();
      expect(await archive.create(key, Buffer.from("second"))).toBe("created");
    });

    it("is misconfigured without its bucket", async () => {
      const client = createS3Client(emulator.client);
      const archive = createS3Archive({ bucket: "nowhere" }, client);
      for (const attempt of [() => archive.get(key), () => archive.create(key, Buffer.from("x"))]) {
        await expect(attempt()).rejects.toMatchObject({ kind: "misconfigured" });
      }
    });
  });

  describe("a DynamoDB checkpoint", () => {
    it("is lost without harm: the next move begins anew", async () => {
      const client = await openTable("lost");
      const checkpoints = createDynamoDbCheckpoint({ table: "lost" }, client);
      const first = await checkpoints.move("1201", fullState, null);
      const Key = { workspace: { S: "1201" } };
      await client.send(new DeleteItemCommand({ TableName: "lost", Key }));
      expect(await checkpoints.read("1201")).toBeNull();
      if (first.kind !== "moved") throw new Error("The move met a conflict.");
      expect(await checkpoints.move("1201", fullState, first.version)).toEqual({ kind: "conflict", current: null });
      expect(await checkpoints.move("1201", fullState, null)).toMatchObject({ kind: "moved" });
    });

    it("is one item with four attributes", async () => {
      const client = await openTable("item");
      await createDynamoDbCheckpoint({ table: "item" }, client).move("1201", fullState, null);
      const { Item } = await client.send(new GetItemCommand({ TableName: "item", Key: { workspace: { S: "1201" } } }));
      expect(Object.keys(Item ?? {}).sort()).toEqual(["state", "version", "watermark", "workspace"]);
      expect(Item?.["watermark"]?.S).toBe("2026-05-01T08:59:59.123456");
    });

    it("is misconfigured without its table", async () => {
      const checkpoints = createDynamoDbCheckpoint({ table: "nowhere" }, createDynamoDbClient(emulator.client));
      await expect(checkpoints.read("1201")).rejects.toMatchObject({ kind: "misconfigured" });
      await expect(checkpoints.move("1201", fullState, null)).rejects.toMatchObject({ kind: "misconfigured" });
    });
  });

  it("a token is rotated: the new one is taken, and the old one while the new one does not work", async () => {
    const client = new SecretsManagerClient(emulator.client);
    await client.send(new CreateSecretCommand({ Name: "token" }));
    const tokens = createSecretTokens({ secretId: "token" }, client, { now: () => 0 });
    await expect(tokens.current()).rejects.toMatchObject({ kind: "misconfigured" });
    await client.send(new PutSecretValueCommand({ SecretId: "token", SecretString: "0/first" }));
    expect(await tokens.current()).toBe("0/first");
    expect(await tokens.renew()).toBeNull();
    await client.send(new PutSecretValueCommand({ SecretId: "token", SecretString: '{"token":"0/second"}' }));
    expect(await tokens.renew()).toBe("0/second");
    const later = createSecretTokens({ secretId: "token" }, client, { now: () => 0 });
    expect(await later.current()).toBe("0/second");
    expect(await later.renew()).toBe("0/first");
    client.destroy();
  });
});

describe.runIf(isEmulatorInstalled())("on an emulated AWS that enforces IAM, over TLS", () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator({ enforceIam: true });
  });
  afterAll(() => emulator?.stop());

  it("a caller without rights is misconfigured, and nothing is unknown about it", async () => {
    const root = createS3Client(emulator.client);
    await root.send(new CreateBucketCommand({ Bucket: "guarded" }));
    expect(await createS3Archive({ bucket: "guarded" }, root).create("events/1", Buffer.from("x"))).toBe("created");

    const nobody = { ...emulator.client, credentials: { accessKeyId: "AKIANOBODY0000000000", secretAccessKey: "x" } };
    const archive = createS3Archive({ bucket: "guarded" }, createS3Client(nobody));
    const checkpoints = createDynamoDbCheckpoint({ table: "guarded" }, createDynamoDbClient(nobody));
    const refusal = { kind: "misconfigured", message: expect.stringMatching(/credentials|denied/) };
    await expect(archive.create("events/2", Buffer.from("x"))).rejects.toMatchObject(refusal);
    await expect(archive.get("events/1")).rejects.toMatchObject(refusal);
    await expect(checkpoints.read("1201")).rejects.toMatchObject(refusal);
    await expect(checkpoints.move("1201", fullState, null)).rejects.toMatchObject(refusal);
  });
});
