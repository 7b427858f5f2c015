import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { workspacesWithCheckpoint, workspacesWithSegments } from "../../lambda/stores/known-workspaces.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";

const folders = (prefixes: readonly string[], next?: string): WireAnswer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body:
    `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>` +
    (next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`) +
    prefixes.map((prefix) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`).join("") +
    "</ListBucketResult>",
});
const items = (workspaces: readonly string[], last?: string): WireAnswer => ({
  status: 200,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: JSON.stringify({
    Items: workspaces.map((gid) => ({ workspace: { S: gid } })),
    ...(last === undefined ? {} : { LastEvaluatedKey: { workspace: { S: last } } }),
  }),
});

describe("the workspaces of a bucket", () => {
  async function open(...answers: WireAnswer[]) {
    const wire = await startAwsWire(...answers);
    const client = new S3Client({ ...wire.client, maxAttempts: 1, forcePathStyle: true });
    onTestFinished(() => client.destroy());
    const settings = { bucket: "archive", bucketOwner: "123456789012" };
    return { found: Array.fromAsync(workspacesWithSegments(settings, client)), requests: wire.requests };
  }

  it("are the folders below events/, asked of the bucket's owner, page by page; nothing else is one", async () => {
    const { found, requests } = await open(
      folders(["events/workspace=1201/", "events/other/"], "more"),
      folders(["events/workspace=1202/"]),
    );
    expect(await found).toEqual(["1201", "1202"]);
    const queries = requests.map(({ url }) => new URL(url, "http://127.0.0.1").searchParams);
    expect(queries.map((query) => [query.get("prefix"), query.get("delimiter")])).toEqual([
      ["events/", "/"],
      ["events/", "/"],
    ]);
    expect(queries.map((query) => query.get("continuation-token"))).toEqual([null, "more"]);
    for (const { headers } of requests) expect(headers["x-amz-expected-bucket-owner"]).toBe("123456789012");
  });

  it("are unknown where the bucket may not be listed", async () => {
    const { found } = await open({ status: 403, body: "" });
    await expect(found).rejects.toThrow(/list the workspaces that have segments/);
  });
});

describe("the workspaces of a table", () => {
  async function open(...answers: WireAnswer[]) {
    const wire = await startAwsWire(...answers);
    const client = new DynamoDBClient({ ...wire.client, maxAttempts: 1 });
    onTestFinished(() => client.destroy());
    return {
      found: Array.fromAsync(workspacesWithCheckpoint({ table: "checkpoints" }, client)),
      requests: wire.requests,
    };
  }

  it("are the keys of its items, page by page, and nothing else is asked of an item", async () => {
    const { found, requests } = await open(items(["1201"], "1201"), items(["1202"]));
    expect(await found).toEqual(["1201", "1202"]);
    const query = { TableName: "checkpoints", Select: "SPECIFIC_ATTRIBUTES", ProjectionExpression: "workspace" };
    expect(requests.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      query,
      { ...query, ExclusiveStartKey: { workspace: { S: "1201" } } },
    ]);
  });

  it("are unknown where the table may not be read", async () => {
    const { found } = await open({ status: 400, body: "{}" });
    await expect(found).rejects.toThrow(/list the workspaces that have a checkpoint/);
  });
});
