import { S3Client } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished } from "vitest";
import { createS3Versions } from "../../lambda/stores/s3-versions.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";

const page = (content: string, next = ""): WireAnswer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0"?><ListVersionsResult><IsTruncated>${next !== ""}</IsTruncated>${next}${content}</ListVersionsResult>`,
});

async function open(answers: WireAnswer[], prefix?: string) {
  const wire = await startAwsWire(...answers);
  const client = new S3Client({ ...wire.client, maxAttempts: 1, forcePathStyle: true });
  onTestFinished(() => client.destroy());
  const versions = createS3Versions({ bucket: "archive", ...(prefix !== undefined && { prefix }) }, client);
  return { found: Array.fromAsync(versions("events/")), requests: wire.requests };
}

it("all versions are listed, page by page, delete markers among them, without the archive's prefix", async () => {
  const next = "<NextKeyMarker>deep/events/a</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>";
  const { found, requests } = await open(
    [
      page("<Version><Key>deep/events/a</Key><VersionId>v1</VersionId></Version>", next),
      page("<DeleteMarker><Key>deep/events/b</Key><VersionId>v2</VersionId></DeleteMarker>"),
    ],
    "deep",
  );
  expect(await found).toEqual([
    { key: "events/a", isMarker: false },
    { key: "events/b", isMarker: true },
  ]);
  const queries = requests.map(({ url }) => new URL(url, "http://127.0.0.1").searchParams);
  expect(queries.map((query) => query.get("prefix"))).toEqual(["deep/events/", "deep/events/"]);
  expect(queries.map((query) => [query.get("key-marker"), query.get("version-id-marker")])).toEqual([
    [null, null],
    ["deep/events/a", "v1"],
  ]);
});

it("an error says what could not be listed", async () => {
  const { found } = await open([{ status: 403, body: "" }]);
  await expect(found).rejects.toThrow(/list the versions of events\//);
});
