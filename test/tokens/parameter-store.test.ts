import { SSM } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished } from "vitest";
import { createParameterTokens } from "../../lambda/tokens/parameter-store.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";

const NAME = "/asana-audit-archive/Archive/1201";

/** A parameter with these versions, oldest first; more may be put. `undefined` is a version that is not kept any more. */
async function open(versions: (string | undefined)[], Type = "SecureString") {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const wire = await startAwsWire((requests) => {
    const { Name } = JSON.parse(requests.at(-1)?.body.toString() ?? "{}") as { Name: string };
    const [name, asked] = Name.split(":");
    if (name !== NAME || versions.length === 0) return refusal(400, "ParameterNotFound");
    const Version = asked === undefined ? versions.length : Number(asked);
    const Value = versions[Version - 1];
    if (Value === undefined) return refusal(400, "ParameterVersionNotFound");
    return { status: 200, body: JSON.stringify({ Parameter: { Name: name, Type, Value, Version } }) };
  });
  const client = new SSM(wire.client);
  onTestFinished(() => client.destroy());
  return { tokens: createParameterTokens({ parameter: NAME }, async () => client, clock), requests: wire.requests };
}

const refusal = (status: number, type: string): WireAnswer => ({ status, body: JSON.stringify({ __type: type }) });

describe("the token of a parameter", () => {
  it.each([
    ["alone", "0/canary"],
    ["as JSON", '{"token":"0/canary"}'],
  ])("is read %s, decrypted", async (_, value) => {
    const { tokens, requests } = await open([value]);
    expect(await tokens.current()).toBe("0/canary");
    expect(JSON.parse(requests[0]!.body.toString())).toEqual({ Name: NAME, WithDecryption: true });
  });

  it.each([
    ["is not there", []],
    ["holds a place for it", ["<service account token>"]],
  ])("is missing where the parameter %s, and the advice says what to do", async (_, versions) => {
    const { tokens } = await open(versions);
    await expect(tokens.current()).rejects.toMatchObject({
      kind: "misconfigured",
      message: `The parameter ${NAME} holds no token.`,
      advice: expect.stringContaining("SecureString"),
    });
  });

  it("is not taken from a parameter that is not encrypted", async () => {
    const { tokens } = await open(["0/canary"], "String");
    const error = await tokens.current().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "misconfigured", message: expect.stringContaining("is not a SecureString") });
    expect(`${JSON.stringify(error, Object.getOwnPropertyNames(error))}${String(error)}`).not.toContain("0/canary");
  });

  it("if it is refused, is followed by the version before, or by a newer one that was put meanwhile", async () => {
    const versions = ["0/older", "0/old", "0/new"];
    const { tokens } = await open(versions);
    expect(await tokens.current()).toBe("0/new");
    expect(await tokens.renew()).toBe("0/old");
    expect(await tokens.renew()).toBeNull();
    versions.push("0/newest");
    expect(await tokens.renew()).toBe("0/newest");
  });

  it.each([
    ["there is none before", ["0/canary"]],
    ["the one before is not kept any more", [undefined, "0/canary"]],
    ["the parameter was deleted", []],
  ])("if it is refused, is followed by none when %s", async (_, versions) => {
    const { tokens } = await open(versions);
    await tokens.current().catch(() => {});
    expect(await tokens.renew()).toBeNull();
  });
});

it.each<[string, WireAnswer, string]>([
  ["500", refusal(500, "InternalServerError"), "unavailable"],
  ["throttling", refusal(400, "ThrottlingException"), "unavailable"],
  ["no answer", "hang", "unavailable"],
  ["a denied action", refusal(400, "AccessDeniedException"), "misconfigured"],
  ["a key that may not be used", refusal(400, "InvalidKeyId"), "misconfigured"],
])("%s ends the run as told", async (_, answer, kind) => {
  const wire = await startAwsWire(answer);
  const client = new SSM(wire.client);
  onTestFinished(() => client.destroy());
  const tokens = createParameterTokens({ parameter: NAME }, async () => client, { now: () => 0 });
  const message = expect.stringMatching(
    /^AWS could not get the token \(parameter \/asana-audit-archive\/Archive\/1201\): /,
  );
  await expect(tokens.current()).rejects.toMatchObject({ kind, message, advice: expect.stringMatching(/\w/) });
});
