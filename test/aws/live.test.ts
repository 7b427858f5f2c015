import { CreateBucketCommand, PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkBucket, type Finding } from "../../infra/checks/live.ts";
import { refusals } from "../../infra/checks/refusals.ts";
import { createS3Client } from "../../lambda/stores/aws-clients.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";

describe.runIf(isEmulatorInstalled())("the checks for a real account", () => {
  let emulator: Emulator;
  const findings: Finding[] = [];

  beforeAll(async () => {
    emulator = await startEmulator();
    const client = createS3Client(emulator.client);
    await client.send(new CreateBucketCommand({ Bucket: "to-be-tried" }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket: "to-be-tried", VersioningConfiguration }));
    for await (const finding of checkBucket(client, "to-be-tried")) findings.push(finding);
  });
  afterAll(() => emulator?.stop());

  it("make each request and go on to the last", () => {
    expect(findings).toHaveLength(refusals.length + 2);
  });

  it("see that a bucket that anybody may do anything with is not as it should be", () => {
    expect(findings.filter(({ isGood }) => !isGood).length).toBeGreaterThan(12);
    expect(findings[0]).toMatchObject({ title: "encrypts with its own key and locks by default", isGood: false });
  });

  it.each([/a second create of a key/, /bytes do not match its checksum/, /one of 200 creates/])(
    "see what is as it should be: %s",
    (title) => {
      expect(findings.find((finding) => title.test(finding.title))).toMatchObject({ isGood: true });
    },
  );
});
