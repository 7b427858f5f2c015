/** Looks for workspaces that were archived once and are not any more, although nobody has said that they are retired. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import { type Config, readConfig } from "./config.ts";
import { createDynamoDbClient, createS3Client } from "./stores/aws-clients.ts";
import { workspacesWithCheckpoint, workspacesWithSegments } from "./stores/known-workspaces.ts";

export interface Census {
  readonly task: "census";
  /** Workspaces that have segments or a checkpoint, and are neither collected nor retired, in order. */
  readonly uncollected: readonly string[];
}

/** Throws ArchiverError. */
export const takeCensus = (environment: Readonly<Record<string, string | undefined>>): Promise<Census> =>
  countWorkspaces(readConfig(environment), createS3Client(), createDynamoDbClient());

export async function countWorkspaces(config: Config, s3: S3Client, dynamodb: DynamoDBClient): Promise<Census> {
  const named = new Set([...Object.keys(config.tokenSecrets), ...config.retiredWorkspaces]);
  const found = new Set<string>();
  for await (const workspace of workspacesWithSegments(config, s3)) found.add(workspace);
  for await (const workspace of workspacesWithCheckpoint(config, dynamodb)) found.add(workspace);
  return { task: "census", uncollected: [...found.difference(named)].sort() };
}
