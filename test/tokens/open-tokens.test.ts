import { expect, it } from "vitest";
import { createTokenOpener } from "../../lambda/tokens/open-tokens.ts";
import { startAwsWire } from "../fakes/aws-wire.ts";

const SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf";

it.each([
  [SECRET, { SecretId: SECRET, VersionStage: "AWSCURRENT" }],
  ["arn:aws:ssm:eu-west-1:123456789012:parameter/archive/1201", { Name: "/archive/1201", WithDecryption: true }],
  ["arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/a/b/1201", { Name: "/a/b/1201", WithDecryption: true }],
])("the token of %s is asked for where it is", async (arn, asked) => {
  const wire = await startAwsWire({
    status: 200,
    body: JSON.stringify({
      SecretString: "0/canary",
      Parameter: { Type: "SecureString", Value: "0/canary", Version: 1 },
    }),
  });
  const tokens = createTokenOpener({ now: () => 0 }, wire.client)(arn);
  expect(await tokens.current()).toBe("0/canary");
  expect(JSON.parse(String(wire.requests[0]!.body))).toEqual(asked);
});
