import { describe, expect, it } from "vitest";
import { readConfig, readInput } from "../../lambda/config.ts";

const environment = {
  ARCHIVE_BUCKET: "archive-bucket",
  ARCHIVE_BUCKET_OWNER: "123456789012",
  CHECKPOINT_TABLE: "Checkpoints",
  SOURCE_BASE_URL: "https://app.asana.com/api/1.0",
  TOKEN_SECRETS: '{"1201":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf"}',
};

describe("the function's environment", () => {
  it("is read into a frozen record without secrets", () => {
    const config = readConfig(environment);
    expect(config).toEqual({
      bucket: "archive-bucket",
      bucketOwner: "123456789012",
      table: "Checkpoints",
      sourceBaseUrl: "https://app.asana.com/api/1.0",
      pageLimit: null,
      tokenSecrets: { 1201: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf" },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("is complained of all at once, without repeating a value", () => {
    const bad = { ...environment, ARCHIVE_BUCKET: undefined, ARCHIVE_BUCKET_OWNER: "me", TOKEN_SECRETS: "[]" };
    const problems =
      "The function's environment is not usable: ARCHIVE_BUCKET is not set; ARCHIVE_BUCKET_OWNER is not an account's " +
      "12 digits; TOKEN_SECRETS is not a JSON object with an ARN for each workspace gid.";
    expect(() => readConfig(bad)).toThrow(expect.objectContaining({ kind: "misconfigured", message: problems }));
  });

  it.each(["{", '{"x":"arn"}', '{"1201":""}', '{"1201":1}', "null", '"1201"'])(
    "refuses token secrets %s",
    (TOKEN_SECRETS) => {
      expect(() => readConfig({ ...environment, TOKEN_SECRETS })).toThrow(/TOKEN_SECRETS/);
    },
  );

  it("may hold how many events a page has", () => {
    expect(readConfig({ ...environment, PAGE_LIMIT: "100" }).pageLimit).toBe(100);
    for (const PAGE_LIMIT of ["0", "1001", "many", "-1", "1.5"]) {
      expect(() => readConfig({ ...environment, PAGE_LIMIT })).toThrow(/PAGE_LIMIT is not 1 to 1000 events/);
    }
  });

  it.each(["http://asana.example.com", "ftp://app.asana.com", "asana"])(
    "refuses to send tokens to %s",
    (SOURCE_BASE_URL) => {
      expect(() => readConfig({ ...environment, SOURCE_BASE_URL })).toThrow(/SOURCE_BASE_URL/);
    },
  );
});

describe("the schedule's input", () => {
  it("names a workspace and a task", () => {
    expect(readInput({ workspace: "1201", task: "rescan", more: true })).toEqual({ workspace: "1201", task: "rescan" });
  });

  it.each([
    null,
    undefined,
    "1201",
    {},
    { workspace: 1201, task: "drain" },
    { workspace: "../1", task: "drain" },
    { workspace: "1201" },
    { workspace: "1201", task: "seal" },
  ])("is refused when it is %j", (event) => {
    expect(() => readInput(event)).toThrow(expect.objectContaining({ kind: "misconfigured" }));
  });
});
