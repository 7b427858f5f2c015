import { createHash } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { createS3Archive, type S3ArchiveSettings } from "../../lambda/stores/s3-archive.ts";
import { keysOf } from "../../package/testing/keys-of.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";

// How the adapter talks and what it makes of answers, with the real SDK on a scripted server. The contract of the store
// itself is tried on the emulator, in test/aws.

async function open(answers: WireAnswer[], settings: Partial<S3ArchiveSettings> = {}, maxAttempts = 1) {
  const wire = await startAwsWire(...answers);
  const client = new S3Client({
    ...wire.client,
    maxAttempts,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  onTestFinished(() => client.destroy());
  return { archive: createS3Archive({ bucket: "archive", ...settings }, client), requests: wire.requests };
}

const s3Error = (status: number, code: string): WireAnswer => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is.</Message><RequestId>1</RequestId></Error>`,
  headers: { "content-type": "application/xml" },
});
const made: WireAnswer = { status: 200, headers: { etag: '"abc"' } };
const listing = (keys: readonly string[], next?: string, isTruncated = next !== undefined): WireAnswer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body:
    `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>` +
    (next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`) +
    keys.map((key) => `<Contents><Key>${key}</Key><Size>${key.length}</Size></Contents>`).join("") +
    "</ListBucketResult>",
});
const key = "events/workspace=1/dt=2026-05-01/000001.ndjson.gz";

describe("create", () => {
  it("whose fate is unknown tells why, and one whose fate is known tells nothing", async () => {
    const told: string[][] = [];
    const onUnknown = (...words: string[]) => told.push(words);
    const answers = [made, s3Error(412, "PreconditionFailed"), s3Error(503, "SlowDown")];
    const { archive } = await open(answers, { onUnknown });
    for (const _ of answers) await archive.create(key, Buffer.from("segment"));
    expect(told).toEqual([[key, "SlowDown"]]);
  });

  it("is one put on the condition that the key is free, with its SHA-256 and the bucket's owner", async () => {
    const { archive, requests } = await open([made], { expectedOwner: "123456789012" });
    expect(await archive.create(key, Buffer.from("segment"))).toBe("created");
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: "PUT",
      headers: {
        "if-none-match": "*",
        "x-amz-checksum-sha256": createHash("sha256").update("segment").digest("base64"),
        "x-amz-expected-bucket-owner": "123456789012",
        "content-type": "application/gzip",
        "content-length": "7",
      },
    });
    expect(requests[0]?.url.split("?")[0]).toBe("/archive/events/workspace%3D1/dt%3D2026-05-01/000001.ndjson.gz");
    expect(requests[0]?.body.toString()).toBe("segment");
    // Clients would take the compression off, and nobody could check the segment.
    expect(requests[0]?.headers["content-encoding"]).toBeUndefined();
  });

  it.each<[string, WireAnswer, string]>([
    ["200", made, "created"],
    ["200 without an entity tag", { status: 200 }, "unknown"],
    ["412", s3Error(412, "PreconditionFailed"), "exists"],
    ["412 with another code", s3Error(412, "Odd"), "exists"],
    ["PreconditionFailed under 400", s3Error(400, "PreconditionFailed"), "exists"],
    ["PreconditionFailed under 500", s3Error(500, "PreconditionFailed"), "exists"],
    ["PreconditionFailed under 200", s3Error(200, "PreconditionFailed"), "exists"],
    ["409 ConditionalRequestConflict", s3Error(409, "ConditionalRequestConflict"), "unknown"],
    ["409 OperationAborted", s3Error(409, "OperationAborted"), "unknown"],
    ["500", s3Error(500, "InternalError"), "unknown"],
    ["502 with a page of HTML", { status: 502, body: "<html>Bad gateway</html>" }, "unknown"],
    ["503 SlowDown", s3Error(503, "SlowDown"), "unknown"],
    ["503 without a body", { status: 503 }, "unknown"],
    ["InternalError under 200", s3Error(200, "InternalError"), "unknown"],
    ["400 RequestTimeout", s3Error(400, "RequestTimeout"), "unknown"],
    ["400 from a throttled key service", s3Error(400, "ThrottlingException"), "unknown"],
    ["429", s3Error(429, "TooManyRequests"), "unknown"],
    ["no answer", "hang", "unknown"],
    ["a closed connection", "reset", "unknown"],
  ])("answered by %s is %s", async (_, answer, outcome) => {
    const { archive, requests } = await open([answer]);
    expect(await archive.create(key, Buffer.from("segment"))).toBe(outcome);
    expect(requests).toHaveLength(1);
  });

  it("calls gzip what has its name, and nothing else", async () => {
    const { archive, requests } = await open([made]);
    await archive.create("events/notes.txt", Buffer.from("x"));
    expect(requests[0]?.headers["content-type"]).toBe("application/octet-stream");
  });

  it("says exists when the SDK's second try meets what the first had made", async () => {
    const { archive, requests } = await open(
      [s3Error(500, "InternalError"), s3Error(412, "PreconditionFailed")],
      {},
      3,
    );
    expect(await archive.create(key, Buffer.from("segment"))).toBe("exists");
    expect(requests).toHaveLength(2);
  });

  it("says created when the SDK's second try made it, whatever became of the first", async () => {
    const { archive, requests } = await open(["reset", made], {}, 3);
    expect(await archive.create(key, Buffer.from("segment"))).toBe("created");
    expect(requests.map(({ headers }) => headers["if-none-match"])).toEqual(["*", "*"]);
  });

  it("says unknown where nobody listens", async () => {
    const wire = await startAwsWire(made);
    const client = new S3Client({ ...wire.client, forcePathStyle: true });
    await wire.close();
    expect(await createS3Archive({ bucket: "archive" }, client).create(key, Buffer.from("x"))).toBe("unknown");
    client.destroy();
  });
});

describe("refusals", () => {
  it.each<[string, WireAnswer, RegExp]>([
    ["403 AccessDenied", s3Error(403, "AccessDenied"), /access is denied/],
    ["403 without a body", { status: 403 }, /access is denied/],
    ["404 NoSuchBucket", s3Error(404, "NoSuchBucket"), /it does not exist/],
    ["301 PermanentRedirect", s3Error(301, "PermanentRedirect"), /region/],
    ["400 AuthorizationHeaderMalformed", s3Error(400, "AuthorizationHeaderMalformed"), /region/],
    ["403 InvalidAccessKeyId", s3Error(403, "InvalidAccessKeyId"), /no valid credentials/],
    ["403 SignatureDoesNotMatch", s3Error(403, "SignatureDoesNotMatch"), /no valid credentials/],
    ["400 ExpiredToken", s3Error(400, "ExpiredToken"), /no valid credentials/],
    ["403 RequestTimeTooSkewed", s3Error(403, "RequestTimeTooSkewed"), /clock is wrong/],
    ["400 KMS.DisabledException", s3Error(400, "KMS.DisabledException"), /encryption key cannot be used/],
    ["400 BadDigest", s3Error(400, "BadDigest"), /refuses the request/],
    ["501 never: 400 InvalidRequest", s3Error(400, "InvalidRequest"), /refuses the request/],
  ])("%s ends the run as misconfigured, from every call, with a word on what to do", async (_, answer, cause) => {
    const { archive } = await open([answer]);
    for (const [doing, attempt] of [
      [`create ${key}`, () => archive.create(key, Buffer.from("x"))],
      [`get ${key}`, () => archive.get(key)],
      ["list events/", () => keysOf(archive, "events/")],
    ] as const) {
      const error: unknown = await attempt().catch((reason: unknown) => reason);
      const advice = expect.stringMatching(/^[A-Z].*\.$/);
      expect(error).toMatchObject({ name: "ArchiverError", kind: "misconfigured", advice });
      expect(String(error)).toContain(`AWS could not ${doing} (bucket archive): `);
      expect(String(error)).toMatch(cause);
    }
  });

  it("what is no key, no prefix and no range is never sent", async () => {
    const { archive, requests } = await open([made]);
    await expect(archive.create("events/../x", Buffer.from("x"))).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(archive.get("events/../x")).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(keysOf(archive, "events/../")).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(archive.get(key, { start: 5, end: 4 })).rejects.toThrow(RangeError);
    expect(requests).toEqual([]);
  });

  it.each<[string, WireAnswer]>([
    ["500", s3Error(500, "InternalError")],
    ["503", s3Error(503, "SlowDown")],
    ["no answer", "hang"],
    ["a closed connection", "reset"],
    ["an answer cut short", { cut: "<?xml" }],
  ])("%s ends a get and a list as unavailable", async (_, answer) => {
    const { archive } = await open([answer]);
    await expect(archive.get(key)).rejects.toMatchObject({ kind: "unavailable" });
    await expect(keysOf(archive, "events/")).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("missing credentials are misconfigured, and never unknown", async () => {
    const wire = await startAwsWire(made);
    const client = new S3Client({
      ...wire.client,
      credentials: async () => {
        throw Object.assign(new Error("Could not load credentials from any providers"), {
          name: "CredentialsProviderError",
        });
      },
    });
    const archive = createS3Archive({ bucket: "archive" }, client);
    await expect(archive.create(key, Buffer.from("x"))).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(archive.get(key)).rejects.toMatchObject({ kind: "misconfigured" });
    expect(wire.requests).toEqual([]);
  });

  it.each(["", undefined])("the region %j is misconfigured", async (region) => {
    const missing = async () => {
      throw new Error("Region is missing"); // as the SDK does where it finds none
    };
    const client = new S3Client({
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      region: region === undefined ? missing : async () => region,
    });
    const archive = createS3Archive({ bucket: "archive" }, client);
    await expect(keysOf(archive, "events/")).rejects.toMatchObject({
      kind: "misconfigured",
      message: expect.stringContaining("region"),
    });
  });

  it("no error says the credentials", async () => {
    const { archive } = await open([s3Error(403, "AccessDenied")]);
    const error = await archive.get(key).catch((reason: Error) => reason);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/canary/i);
  });
});

describe("get", () => {
  it("asks for a range in bytes, and names the owner", async () => {
    const { archive, requests } = await open([{ status: 206, body: "head" }], { expectedOwner: "123456789012" });
    expect((await archive.get(key, { start: 0, end: 2_047 }))?.toString()).toBe("head");
    expect(requests[0]).toMatchObject({
      method: "GET",
      headers: { range: "bytes=0-2047", "x-amz-expected-bucket-owner": "123456789012" },
    });
  });

  it.each<[string, WireAnswer, string | null]>([
    ["404 NoSuchKey", s3Error(404, "NoSuchKey"), null],
    ["416", s3Error(416, "InvalidRange"), ""],
  ])("answered by %s gives %j", async (_, answer, expected) => {
    const { archive } = await open([answer]);
    expect((await archive.get(key, { start: 5, end: 9 }))?.toString() ?? null).toBe(expected);
  });
});

describe("list", () => {
  it("follows the pages to the end, in one order, with one request a page", async () => {
    const { archive, requests } = await open(
      [listing(["events/a", "events/b"], "to=ken/1"), listing([], "token2"), listing(["events/c"])],
      { expectedOwner: "123456789012" },
    );
    expect(await keysOf(archive, "events/", "events/0")).toEqual(["events/a", "events/b", "events/c"]);
    const queries = requests.map(({ url }) => new URLSearchParams(url.split("?")[1]));
    expect(queries.map((query) => query.get("continuation-token"))).toEqual([null, "to=ken/1", "token2"]);
    for (const query of queries) {
      expect(Object.fromEntries(query)).toMatchObject({
        "list-type": "2",
        prefix: "events/",
        "start-after": "events/0",
      });
    }
    for (const { headers } of requests) expect(headers["x-amz-expected-bucket-owner"]).toBe("123456789012");
  });

  it("asks for nothing beyond what is read", async () => {
    const { archive, requests } = await open([listing(["events/a"], "more")]);
    for await (const _ of archive.list("events/")) break;
    expect(requests).toHaveLength(1);
  });

  it("gives each object's size, and begins at the prefix where nothing else is said", async () => {
    const { archive, requests } = await open([listing(["events/a", "events/bc"])]);
    expect(await Array.fromAsync(archive.list("events/"))).toEqual([
      { key: "events/a", sizeBytes: 8 },
      { key: "events/bc", sizeBytes: 9 },
    ]);
    expect(requests[0]?.url).not.toContain("start-after");
  });

  it("ends where the bucket says so, also with a token in hand", async () => {
    const { archive, requests } = await open([listing(["events/a"], "token", false)]);
    expect(await keysOf(archive, "events/")).toEqual(["events/a"]);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ["in key order", ["events/b", "events/a"]],
    ["each key once", ["events/a", "events/a"]],
  ])("refuses a bucket that does not list %s: positions in a log would mean nothing", async (_, keys) => {
    const { archive } = await open([listing(keys)]);
    await expect(keysOf(archive, "events/")).rejects.toMatchObject({
      kind: "misconfigured",
      message: "The bucket archive does not list its keys in order.",
      advice: expect.stringMatching(/^Use a general purpose bucket/),
    });
  });
});

describe("a prefix", () => {
  it.each(["team/audit", "team/audit/"])("%s goes before every key and shows in none", async (prefix) => {
    const { archive, requests } = await open([listing(["team/audit/events/a"]), { status: 200, body: "x" }, made], {
      prefix,
    });
    expect(await keysOf(archive, "events/", "events/0")).toEqual(["events/a"]);
    await archive.get("events/a");
    await archive.create("events/b", Buffer.from("x"));
    const query = new URLSearchParams(requests[0]?.url.split("?")[1]);
    expect([query.get("prefix"), query.get("start-after")]).toEqual(["team/audit/events/", "team/audit/events/0"]);
    expect(requests.slice(1).map(({ url }) => url.split("?")[0])).toEqual([
      "/archive/team/audit/events/a",
      "/archive/team/audit/events/b",
    ]);
  });

  it.each(["/abs", "a//b", "../x"])("%s is refused at once", (prefix) => {
    expect(() => createS3Archive({ bucket: "archive", prefix }, new S3Client({ region: "x" }))).toThrow("key");
  });
});
