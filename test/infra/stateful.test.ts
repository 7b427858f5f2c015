/** What an update of a deployed stack must leave in place, from the first version that was reviewed on. */
import { describe, expect, it } from "vitest";
import { COPY, type Resource, synthesise } from "./synth.ts";

/** What that version created and what holds something: by logical id, with what CloudFormation would replace it for. */
const CREATED: Readonly<Record<string, readonly [type: string, fixed: Readonly<Record<string, unknown>>]>> = {
  ArchiveAccessLogsBucket095C3280: ["AWS::S3::Bucket", {}],
  ArchiveBucketDE861B4E: ["AWS::S3::Bucket", { ObjectLockEnabled: true }],
  ArchiveCatalogResultsB4F407B8: ["AWS::S3::Bucket", {}],
  ArchiveOperationsKeyBA7D6656: ["AWS::KMS::Key", {}],
  ArchiveKey387E4096: ["AWS::KMS::Key", {}],
  ArchiveCheckpointsTableD3F13757: [
    "AWS::DynamoDB::Table",
    { KeySchema: [{ AttributeName: "workspace", KeyType: "HASH" }] },
  ],
  ArchiveTokensToken12014E6F956E: ["AWS::SecretsManager::Secret", {}],
  ArchiveArchiverLogsABF3C878: ["AWS::Logs::LogGroup", {}],
  // Whoever is subscribed to it.
  ArchiveWatchTopic28955F24: ["AWS::SNS::Topic", {}],
};

/** Properties that CloudFormation cannot change in place. */
const FIXED_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  "AWS::S3::Bucket": ["BucketName", "ObjectLockEnabled"],
  "AWS::KMS::Key": ["KeySpec", "KeyUsage", "MultiRegion", "Origin"],
  "AWS::DynamoDB::Table": ["TableName", "KeySchema"],
  "AWS::SecretsManager::Secret": ["Name"],
  "AWS::Logs::LogGroup": ["LogGroupName"],
  "AWS::SNS::Topic": ["TopicName", "FifoTopic"],
};

describe.each([
  ["an update of a stack that an earlier version deployed", {}],
  ["an update that adds a second copy", COPY],
])("%s", (_what, settings) => {
  const resources = synthesise(settings).toJSON()["Resources"] as Record<string, Resource>;

  it.each(Object.entries(CREATED))("keeps %s where it is", (id, [type, fixed]) => {
    const resource = resources[id];
    expect(resource?.Type).toBe(type);
    const names = FIXED_PROPERTIES[type]!.filter((name) => resource!.Properties[name] !== undefined);
    expect(Object.fromEntries(names.map((name) => [name, resource!.Properties[name]]))).toEqual(fixed);
  });
});

it("what stays when its stack goes back to a version without it has no name that another deployment would need again", () => {
  const resources = synthesise({ columnarCopy: "on", ...COPY }).toJSON()["Resources"] as Record<string, Resource>;
  const kept = Object.entries(resources).filter(([, { DeletionPolicy = "Delete" }]) => DeletionPolicy !== "Delete");
  expect(kept.length).toBeGreaterThan(Object.keys(CREATED).length);
  const named = kept.flatMap(([id, { Properties }]) =>
    Object.keys(Properties)
      .filter((property) => /^((Bucket|Table|LogGroup|Topic|Alias)?Name)$/.test(property))
      .map((property) => `${id}.${property}`),
  );
  expect(named).toEqual([]);
});
