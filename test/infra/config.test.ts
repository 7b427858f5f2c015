import { describe, expect, it } from "vitest";
import { readConfig, readInput } from "../../lambda/config.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";

const environment = {
  ARCHIVE_BUCKET: "archive-bucket",
  ARCHIVE_BUCKET_OWNER: "123456789012",
  CHECKPOINT_TABLE: "Checkpoints",
  RETIRED_WORKSPACES: '["1100"]',
  RUN_SETTINGS: "{}",
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
      settings: defaultRunSettings,
      retiredWorkspaces: ["1100"],
      tokenSecrets: { 1201: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf" },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("is complained of all at once, without repeating a value", () => {
    const bad = { ...environment, ARCHIVE_BUCKET: undefined, ARCHIVE_BUCKET_OWNER: "me", TOKEN_SECRETS: "[]" };
    const problems =
      "The function's environment is not usable: ARCHIVE_BUCKET is not set; ARCHIVE_BUCKET_OWNER is not an account's " +
      "12 digits; TOKEN_SECRETS is not a JSON object with an ARN for each workspace gid.";
    const advice = "Deploy the stack again: it sets all of them.";
    const error = { kind: "misconfigured", message: problems, advice };
    expect(() => readConfig(bad)).toThrow(expect.objectContaining(error));
  });

  it.each([
    ["ARCHIVE_BUCKET", "the name of a bucket", ["ab", "a".repeat(64), "Archive", "-archive", "archive-", "a_chive"]],
    ["ARCHIVE_BUCKET_OWNER", "an account's 12 digits", ["12345678901", "1234567890123", "12345678901x"]],
    ["CHECKPOINT_TABLE", "the name of a table", ["ab", "a".repeat(256), "table/1", "/table", "table 1"]],
    ["SOURCE_BASE_URL", "an https URL", ["http://asana.example.com", "ftp://app.asana.com", "asana"]],
    ["RETIRED_WORKSPACES", "a JSON list of workspace gids", ["{", "{}", "1201", "[1201]", '["x"]']],
    [
      "RUN_SETTINGS",
      "a JSON object of run settings that are all in their range",
      ["{", "[]", "null", "1", '{"pageLimit":0}', '{"pageLimit":1001}', '{"overlapMinutes":null}', '{"overlap":60}'],
    ],
  ])("refuses a %s that is not %s", (name, allowed, values) => {
    for (const value of values) {
      expect(() => readConfig({ ...environment, [name]: value })).toThrow(
        `The function's environment is not usable: ${name} is not ${allowed}.`,
      );
    }
  });

  it.each([
    "{",
    '{"x":"arn"}',
    '{"1201":""}',
    '{"1201":1}',
    '{"1201":"arn","0":"arn"}',
    '{"120100000000000000000":"arn"}',
    "null",
    "1",
    '"1201"',
    '""',
  ])("refuses token secrets %s", (TOKEN_SECRETS) => {
    expect(() => readConfig({ ...environment, TOKEN_SECRETS })).toThrow(/TOKEN_SECRETS is not/);
  });

  it("holds what a run is told; what it leaves out is the default, and null is none", () => {
    const { settings } = readConfig({ ...environment, RUN_SETTINGS: '{"overlapMinutes":90,"expireAfterDays":null}' });
    expect(settings).toEqual({ ...defaultRunSettings, overlapMinutes: 90, expireAfterDays: null });
    expect(Object.isFrozen(settings)).toBe(true);
  });
});

describe("the schedule's input", () => {
  it("names a workspace and a task", () => {
    expect(readInput({ workspace: "1201", task: "rescan", more: true })).toEqual({ workspace: "1201", task: "rescan" });
  });

  it("may say how long the run may work", () => {
    const input = { workspace: "1201", task: "drain", budgetSeconds: 585 };
    expect(readInput(input)).toEqual(input);
  });

  it.each([0, -1, Number.NaN, "585", null])("is refused with a budget of %j", (budgetSeconds) => {
    const event = { workspace: "1201", task: "drain", budgetSeconds };
    expect(() => readInput(event)).toThrow("budgetSeconds is not a positive number");
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
    const message = "The event does not name a workspace and a task.";
    const advice = 'Send {"workspace": "<gid>", "task": "drain" or "rescan"}.';
    expect(() => readInput(event)).toThrow(expect.objectContaining({ kind: "misconfigured", message, advice }));
  });
});
