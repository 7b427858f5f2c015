/** Which workspaces a store knows, whether or not they are still collected: one small request for many of them. */
import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { CHECKPOINT_KEY } from "../contract.ts";
import { EVENTS_PREFIX } from "../segment/key.ts";
import { awsError } from "./aws-errors.ts";

/** Workspaces that have segments in a bucket. Throws ArchiverError. */
export async function* workspacesWithSegments(
  { bucket, bucketOwner }: { readonly bucket: string; readonly bucketOwner: string },
  client: S3Client,
): AsyncIterable<string> {
  let token: string | undefined;
  do {
    const query = { Bucket: bucket, ExpectedBucketOwner: bucketOwner, Prefix: EVENTS_PREFIX, Delimiter: "/" };
    const page = await client
      .send(new ListObjectsV2Command(token === undefined ? query : { ...query, ContinuationToken: token }))
      .catch((error: unknown) => {
        throw awsError(error, "list the workspaces that have segments", `bucket ${bucket}`);
      });
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      const workspace = /^events\/workspace=(\d+)\/$/.exec(Prefix ?? "")?.[1];
      if (workspace !== undefined) yield workspace;
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** Workspaces that have a checkpoint in a table. Throws ArchiverError. */
export async function* workspacesWithCheckpoint(
  { table }: { readonly table: string },
  client: DynamoDBClient,
): AsyncIterable<string> {
  let from: Record<string, { S: string }> | undefined;
  do {
    const scan = new ScanCommand({
      TableName: table,
      Select: "SPECIFIC_ATTRIBUTES",
      ProjectionExpression: CHECKPOINT_KEY,
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    const page = await client.send(scan).catch((error: unknown) => {
      throw awsError(error, "list the workspaces that have a checkpoint", `table ${table}`);
    });
    for (const { [CHECKPOINT_KEY]: workspace } of page.Items ?? []) if (workspace?.S !== undefined) yield workspace.S;
    from = page.LastEvaluatedKey as typeof from;
  } while (from !== undefined);
}
