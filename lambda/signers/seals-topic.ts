import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { type AwsClientSettings, boundedClient } from "../stores/aws-clients.ts";
import { awsError } from "../stores/aws-errors.ts";

export const createSnsClient = (settings: AwsClientSettings = {}): SNSClient => new SNSClient(boundedClient(settings));

/** A seal as whoever listens is told of it. */
export interface SealNotice {
  /** The name that the archive's seals bear. */
  readonly archiveName: string;
  readonly workspace: string;
  readonly day: string;
  readonly number: number;
  /** Of the seal's file, in lower-case hex. */
  readonly sha256: string;
}

/**
 * Tells a topic of a new seal. Whoever keeps the first line of the message where the archive's owner cannot change it can
 * show later that this seal and all before it are still the same. Throws ArchiverError.
 */
export async function publishSeal(notice: SealNotice, topicArn: string, client: SNSClient): Promise<void> {
  const { archiveName, workspace, day, number, sha256 } = notice;
  const message = new PublishCommand({
    TopicArn: topicArn,
    Subject: `Seal ${number} of workspace ${workspace}`,
    Message: [
      `${number}:${sha256}`,
      `Seal ${number} of workspace ${workspace} in the archive ${archiveName}, for ${day}.`,
      "No action is needed. Keep the first line: verify --expect takes it, and shows that nothing sealed until then was changed.",
    ].join("\n"),
  });
  await client.send(message).catch((error: unknown) => {
    throw awsError(error, `publish seal ${number} of workspace ${workspace}`, `topic ${topicArn}`);
  });
}
