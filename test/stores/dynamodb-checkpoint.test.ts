import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, onTestFinished } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { createDynamoDbCheckpoint } from "../../lambda/stores/dynamodb-checkpoint.ts";
import { fullState, stateAt } from "../../package/testing/checkpoint-contract.ts";
import { startAwsWire, type WireAnswer, type WireRequest } from "../fakes/aws-wire.ts";

// How the adapter talks and what it makes of answers, with the real SDK on a scripted server. The contract of the store
// itself is tried on the emulator, in test/aws.

async function open(answers: Parameters<typeof startAwsWire>, maxAttempts = 1) {
  const wire = await startAwsWire(...answers);
  const client = new DynamoDBClient({ ...wire.client, maxAttempts });
  onTestFinished(() => client.destroy());
  return { checkpoints: createDynamoDbCheckpoint({ table: "checkpoints" }, client), requests: wire.requests };
}

const ok = (answer: unknown): WireAnswer => ({
  status: 200,
  body: JSON.stringify(answer),
  headers: { "content-type": "application/x-amz-json-1.0" },
});
const refusal = (status: number, type: string, more: object = {}): WireAnswer => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type, ...more }),
  headers: { "content-type": "application/x-amz-json-1.0" },
});
const itemOf = (version: string, state: unknown) => ({
  workspace: { S: "1201" },
  version: { S: version },
  state: { S: typeof state === "string" ? state : JSON.stringify(state) },
});
const saved = { format: 3, ...fullState };
const bodyOf = (request: WireRequest | undefined) => JSON.parse(request?.body.toString() ?? "null");

const itemWrittenBy = (request: WireRequest | undefined) => {
  const { ":version": version, ":state": state } = bodyOf(request).ExpressionAttributeValues;
  return { workspace: { S: "1201" }, version, state };
};

describe("read", () => {
  it("is one strongly consistent read of the workspace's item", async () => {
    const { checkpoints, requests } = await open([ok({ Item: itemOf("v1", saved) })]);
    expect(await checkpoints.read("1201")).toEqual({ version: "v1", state: fullState });
    expect(requests.map(({ headers }) => headers["x-amz-target"])).toEqual(["DynamoDB_20120810.GetItem"]);
    expect(bodyOf(requests[0])).toEqual({
      TableName: "checkpoints",
      Key: { workspace: { S: "1201" } },
      ConsistentRead: true,
    });
  });

  it("gives null where there is no item", async () => {
    const { checkpoints } = await open([ok({})]);
    expect(await checkpoints.read("1201")).toBeNull();
  });

  it.each([
    ["without a version", { workspace: { S: "1201" }, state: { S: JSON.stringify(saved) } }],
    ["without a state", { workspace: { S: "1201" }, version: { S: "v1" } }],
    ["whose state is no JSON", itemOf("v1", "{")],
    ["of a newer format", itemOf("v1", { ...saved, format: 4 })],
    ["with a field too many", itemOf("v1", { ...saved, more: 1 })],
  ])("halts on an item %s", async (_, item) => {
    const { checkpoints } = await open([ok({ Item: item })]);
    await expect(checkpoints.read("1201")).rejects.toMatchObject({
      kind: "halted",
      advice: expect.stringMatching(/\w/),
    });
  });
});

describe("move", () => {
  it("is one update on the condition that the version is the one read and the watermark does not fall", async () => {
    const { checkpoints, requests } = await open([ok({})]);
    const outcome = await checkpoints.move("1201", fullState, "v1");
    expect(requests.map(({ headers }) => headers["x-amz-target"])).toEqual(["DynamoDB_20120810.UpdateItem"]);
    const body = bodyOf(requests[0]);
    expect(body).toMatchObject({
      TableName: "checkpoints",
      Key: { workspace: { S: "1201" } },
      UpdateExpression: "SET #version = :version, #state = :state, #watermark = :watermark",
      ConditionExpression: "#version = :from AND (attribute_not_exists(#watermark) OR #watermark <= :watermark)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    expect(body.ExpressionAttributeValues).toMatchObject({
      ":from": { S: "v1" },
      ":watermark": { S: "2026-05-01T08:59:59.123456" }, // without its Z, text order is time order
    });
    expect(JSON.parse(body.ExpressionAttributeValues[":state"].S)).toEqual(saved);
    expect(outcome).toEqual({ kind: "moved", version: body.ExpressionAttributeValues[":version"].S });
  });

  it("asks for no item where none was read, and takes no watermark from one that has it", async () => {
    const { checkpoints, requests } = await open([ok({})]);
    await checkpoints.move("1201", emptyCheckpoint, null);
    const body = bodyOf(requests[0]);
    expect(body.UpdateExpression).toBe("SET #version = :version, #state = :state REMOVE #watermark");
    expect(body.ConditionExpression).toBe("attribute_not_exists(#version) AND (attribute_not_exists(#watermark))");
    expect(Object.keys(body.ExpressionAttributeValues)).toEqual([":version", ":state"]);
  });

  it("gives every move another version", async () => {
    const { checkpoints } = await open([ok({})]);
    const versions = new Set<unknown>();
    for (let step = 0; step < 20; step++) versions.add(await checkpoints.move("1201", emptyCheckpoint, null));
    expect(new Set([...versions].map((outcome) => JSON.stringify(outcome))).size).toBe(20);
  });

  it("tells of a conflict with the item that was in the way", async () => {
    const { checkpoints } = await open([
      refusal(400, "ConditionalCheckFailedException", { Item: itemOf("v2", saved) }),
      refusal(400, "ConditionalCheckFailedException"),
    ]);
    expect(await checkpoints.move("1201", stateAt("2026-05-03T00:00:00.000Z"), "v1")).toEqual({
      kind: "conflict",
      current: { version: "v2", state: fullState },
    });
    expect(await checkpoints.move("1201", stateAt(null), "v1")).toEqual({ kind: "conflict", current: null });
  });

  it("knows its own item when the SDK's second try meets what the first had written", async () => {
    const { checkpoints, requests } = await open(
      ["reset", ([first]) => refusal(400, "ConditionalCheckFailedException", { Item: itemWrittenBy(first) })],
      2,
    );
    const outcome = await checkpoints.move("1201", fullState, null);
    expect(requests).toHaveLength(2);
    expect(outcome).toEqual({ kind: "moved", version: itemWrittenBy(requests[0]).version.S });
  });

  it("halts on a conflict with an item that it cannot read", async () => {
    const { checkpoints } = await open([refusal(400, "ConditionalCheckFailedException", { Item: itemOf("v2", "{") })]);
    await expect(checkpoints.move("1201", fullState, "v1")).rejects.toMatchObject({ kind: "halted" });
  });
});

it.each<[string, WireAnswer, string]>([
  ["500", refusal(500, "InternalServerError"), "unavailable"],
  ["503 without a body", { status: 503 }, "unavailable"],
  ["a used-up throughput", refusal(400, "ProvisionedThroughputExceededException"), "unavailable"],
  ["throttling", refusal(400, "ThrottlingException"), "unavailable"],
  ["a request limit", refusal(400, "RequestLimitExceeded"), "unavailable"],
  ["a replicated write in conflict", refusal(409, "ReplicatedWriteConflictException"), "unavailable"],
  ["no answer", "hang", "unavailable"],
  ["a closed connection", "reset", "unavailable"],
  ["an answer that is not JSON", { status: 200, body: "<html>" }, "unavailable"],
  ["a missing table", refusal(400, "ResourceNotFoundException"), "misconfigured"],
  ["a denied action", refusal(400, "AccessDeniedException"), "misconfigured"],
  ["credentials of nobody", refusal(400, "UnrecognizedClientException"), "misconfigured"],
  ["an expired session", refusal(400, "ExpiredTokenException"), "misconfigured"],
  ["a table with another key", refusal(400, "ValidationException"), "misconfigured"],
])("%s ends a read and a move as told", async (_, answer, kind) => {
  const { checkpoints } = await open([answer]);
  const told = { name: "ArchiverError", kind, advice: expect.stringMatching(/^[A-Z].*\.$/) };
  await expect(checkpoints.read("1201")).rejects.toMatchObject(told);
  await expect(checkpoints.move("1201", emptyCheckpoint, null)).rejects.toMatchObject(told);
});
