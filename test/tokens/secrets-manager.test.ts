import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSecretTokens } from "../../lambda/tokens/secrets-manager.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";

const MINUTE_MS = 60_000;

/** A secret with these versions; `stages` may be changed as an operator would. */
async function open(stages: { AWSCURRENT?: string; AWSPREVIOUS?: string }) {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const wire = await startAwsWire((requests) => {
    const { VersionStage } = JSON.parse(requests.at(-1)?.body.toString() ?? "{}") as { VersionStage: "AWSCURRENT" };
    const value = stages[VersionStage];
    return value === undefined ? refusal(400, "ResourceNotFoundException") : secret(value);
  });
  const client = new SecretsManagerClient(wire.client);
  onTestFinished(() => client.destroy());
  return { tokens: createSecretTokens({ secretId: "arn:secret" }, client, clock), requests: wire.requests, clock };
}

const secret = (SecretString: string): WireAnswer => ({ status: 200, body: JSON.stringify({ SecretString }) });
const refusal = (status: number, type: string): WireAnswer => ({ status, body: JSON.stringify({ __type: type }) });

describe("the current token", () => {
  it.each([
    ["alone", "0/canary"],
    ["with a line end", "0/canary\n"],
    ["as JSON", '{"token":"0/canary"}'],
    ["as JSON beside other things, on several lines", '\n{ "note": "x",\n "token": " 0/canary " }'],
  ])("is read %s", async (_, value) => {
    const { tokens } = await open({ AWSCURRENT: value });
    expect(await tokens.current()).toBe("0/canary");
  });

  it("is kept for a few minutes and then asked for again", async () => {
    const { tokens, requests, clock } = await open({ AWSCURRENT: "0/canary" });
    clock.nowMs = 10 * MINUTE_MS;
    await tokens.current();
    clock.nowMs = 15 * MINUTE_MS - 1;
    await tokens.current();
    expect(requests).toHaveLength(1);
    clock.nowMs = 15 * MINUTE_MS;
    await tokens.current();
    expect(requests).toHaveLength(2);
  });

  it.each([
    ["nothing", undefined],
    ["an empty text", ""],
    ["blanks", " \n"],
    ["empty JSON", "{}"],
    ["JSON with an empty token", '{"token":""}'],
    ["JSON with a token that is no text", '{"token":17}'],
    ["JSON cut short", '{"token":"0/canary'],
    ["a place for it", "<service account token>"],
    ["a word for it", "REPLACE-ME"],
    ["another word for it", "paste the token here"],
    ["one word for it", "token"],
    ["dots for it", "..."],
  ])("is missing in a secret that holds %s, and the advice says what to do", async (_, value) => {
    const { tokens } = await open(value === undefined ? {} : { AWSCURRENT: value });
    const error = await tokens.current().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: "ArchiverError",
      kind: "misconfigured",
      message: expect.stringContaining("arn:secret"),
      advice: expect.stringContaining("token"),
    });
    expect(`${JSON.stringify(error, Object.getOwnPropertyNames(error))}${String(error)}`).not.toContain("0/canary");
  });
});

describe("a refused token", () => {
  it("is followed by the current one if that has changed", async () => {
    const stages = { AWSCURRENT: "0/old", AWSPREVIOUS: "0/older" };
    const { tokens } = await open(stages);
    await tokens.current();
    Object.assign(stages, { AWSCURRENT: "0/new", AWSPREVIOUS: "0/old" });
    expect(await tokens.renew()).toBe("0/new");
    expect(await tokens.current()).toBe("0/new");
  });

  it("is followed by the one before if it is the current one: a new token that does not work yet", async () => {
    const { tokens } = await open({ AWSCURRENT: "0/new", AWSPREVIOUS: "0/old" });
    await tokens.current();
    expect(await tokens.renew()).toBe("0/old");
    expect(await tokens.current()).toBe("0/old");
  });

  it("is followed by none when both have been refused", async () => {
    const { tokens } = await open({ AWSCURRENT: "0/new", AWSPREVIOUS: "0/old" });
    await tokens.current();
    await tokens.renew();
    expect(await tokens.renew()).toBeNull();
  });

  it.each([
    ["there is none before", {}],
    ["the one before is the same", { AWSPREVIOUS: "0/canary" }],
    ["what was before is no token", { AWSPREVIOUS: "<token>" }],
  ])("is followed by none when %s", async (_, before) => {
    const { tokens } = await open({ AWSCURRENT: "0/canary", ...before });
    await tokens.current();
    expect(await tokens.renew()).toBeNull();
  });

  it("is tried again once the secret is read afresh: a refusal may have been a passing one", async () => {
    const { tokens, clock } = await open({ AWSCURRENT: "0/canary", AWSPREVIOUS: "0/old" });
    await tokens.current();
    expect(await tokens.renew()).toBe("0/old");
    expect(await tokens.renew()).toBeNull();
    clock.nowMs = 6 * MINUTE_MS;
    expect(await tokens.current()).toBe("0/canary");
    expect(await tokens.renew()).toBe("0/old");
  });

  it("that came from elsewhere is followed by the current one", async () => {
    const { tokens } = await open({ AWSCURRENT: "0/canary" });
    expect(await tokens.renew()).toBe("0/canary");
  });
});

it.each<[string, WireAnswer, string]>([
  ["500", refusal(500, "InternalServiceError"), "unavailable"],
  ["throttling", refusal(400, "ThrottlingException"), "unavailable"],
  ["no answer", "hang", "unavailable"],
  ["a denied action", refusal(400, "AccessDeniedException"), "misconfigured"],
  ["a key that may not be used", refusal(400, "DecryptionFailure"), "misconfigured"],
  ["a secret that is being deleted", refusal(400, "InvalidRequestException"), "misconfigured"],
])("%s ends the run as told", async (_, answer, kind) => {
  const wire = await startAwsWire(answer);
  const client = new SecretsManagerClient(wire.client);
  onTestFinished(() => client.destroy());
  const tokens = createSecretTokens({ secretId: "arn:secret" }, client, { now: () => 0 });
  const message = expect.stringMatching(/^AWS could not get the token \(secret arn:secret\): /);
  await expect(tokens.current()).rejects.toMatchObject({ kind, message, advice: expect.stringMatching(/\w/) });
});
