import { randomUUID } from "node:crypto";
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  ReturnValuesOnConditionCheckFailure,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { CHECKPOINT_KEY } from "../contract.ts";
import type { Checkpoint, CheckpointState, CheckpointStore, MoveOutcome } from "../ports.ts";
import { awsError } from "./aws-errors.ts";
import { parseCheckpoint, stateToJson } from "./checkpoint-format.ts";

/**
 * Checkpoints in a DynamoDB table, one item per workspace:
 *
 *     workspace  S  the gid, partition key
 *     version    S  a random UUID, new with every move, so that a restored item is not taken for a later one
 *     state      S  JSON, see checkpoint-format.ts
 *     watermark  S  the state's, without its Z so that text order is time order; absent when there is none
 *
 * Only what a condition needs is an attribute of its own. Throws ArchiverError.
 */
export function createDynamoDbCheckpoint(
  settings: { readonly table: string },
  client: DynamoDBClient,
): CheckpointStore {
  const place = `table ${settings.table}`;
  const itemOf = (workspace: string) => ({ TableName: settings.table, Key: { [CHECKPOINT_KEY]: { S: workspace } } });

  async function read(workspace: string): Promise<Checkpoint | null> {
    try {
      const { Item } = await client.send(new GetItemCommand({ ...itemOf(workspace), ConsistentRead: true }));
      return parseItem(Item);
    } catch (error) {
      throw awsError(error, `read the checkpoint of workspace ${workspace}`, place);
    }
  }

  async function move(workspace: string, state: CheckpointState, from: string | null): Promise<MoveOutcome> {
    const version = randomUUID();
    try {
      await client.send(new UpdateItemCommand({ ...itemOf(workspace), ...updateTo(version, state, from) }));
      return { kind: "moved", version };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw awsError(error, `move the checkpoint of workspace ${workspace}`, place);
      }
      const current = parseItem(error.Item);
      // The SDK asked again after an answer was lost, and met what it had written itself.
      return current?.version === version ? { kind: "moved", version } : { kind: "conflict", current };
    }
  }

  return { read, move };
}

/** Names and values may hold only what an expression uses, so they are put together with it. */
function updateTo(version: string, state: CheckpointState, from: string | null) {
  const { watermark } = state;
  return {
    UpdateExpression: `SET #version = :version, #state = :state${
      watermark === null ? " REMOVE #watermark" : ", #watermark = :watermark"
    }`,
    ConditionExpression: `${from === null ? "attribute_not_exists(#version)" : "#version = :from"} AND (attribute_not_exists(#watermark)${
      watermark === null ? "" : " OR #watermark <= :watermark"
    })`,
    ExpressionAttributeNames: { "#version": "version", "#state": "state", "#watermark": "watermark" },
    ExpressionAttributeValues: {
      ":version": { S: version },
      ":state": { S: JSON.stringify(stateToJson(state)) },
      ...(from === null ? {} : { ":from": { S: from } }),
      ...(watermark === null ? {} : { ":watermark": { S: watermark.slice(0, -1) } }),
    },
    ReturnValuesOnConditionCheckFailure: ReturnValuesOnConditionCheckFailure.ALL_OLD,
  };
}

function parseItem(item: Readonly<Record<string, AttributeValue>> | undefined): Checkpoint | null {
  return item === undefined ? null : parseCheckpoint(item["version"]?.S, item["state"]?.S);
}
