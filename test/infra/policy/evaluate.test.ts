import { describe, expect, it } from "vitest";
import { type Context, evaluate, type Statement } from "./evaluate.ts";

const role = "arn:aws:iam::123456789012:role/one";

function decide(statements: readonly Partial<Statement>[], context: Context = {}, action = "s3:PutObject") {
  const identity = statements.map((one): Statement => ({ Effect: "Allow", Action: "s3:*", Resource: "*", ...one }));
  return evaluate(
    { principal: role, action, resource: "arn:aws:s3:::b/events/1", context },
    { identity, resource: [] },
  );
}

const deny = (Condition: NonNullable<Statement["Condition"]>): Partial<Statement>[] => [
  {},
  { Effect: "Deny", Sid: "No", Condition },
];

describe("the policy evaluator decides as IAM documents it", () => {
  it("allows nothing that no statement speaks for", () => {
    expect(decide([])).toEqual({ allowed: false, by: null });
    expect(decide([{ Action: "s3:GetObject" }])).toEqual({ allowed: false, by: null });
  });

  it("lets a denial win over every allowance", () => {
    expect(decide([{ Effect: "Deny", Sid: "No" }, {}])).toEqual({ allowed: false, by: "No" });
  });

  it("takes actions without case, resources with it", () => {
    expect(decide([{ Action: "S3:putobject" }]).allowed).toBe(true);
    expect(decide([{ Resource: "arn:aws:s3:::B/*" }]).allowed).toBe(false);
    expect(decide([{ Resource: "arn:aws:s3:::b/events/?" }]).allowed).toBe(true);
    expect(decide([{ Resource: "arn:aws:s3:::b/event." }]).allowed).toBe(false);
  });

  it("takes a statement about all resources but some to be about no other", () => {
    const but = (NotResource: string): Partial<Statement>[] => {
      const { Resource: _, ...denial } = { Resource: "", Effect: "Deny" as const, Sid: "No", NotResource };
      return [{}, denial];
    };
    expect(decide(but("arn:aws:s3:::b/events/*")).allowed).toBe(true);
    expect(decide(but("arn:aws:s3:::b/seals/*")).by).toBe("No");
  });

  it.each<[NonNullable<Statement["Condition"]>, Context, boolean]>([
    [{ Null: { k: "true" } }, {}, true],
    [{ Null: { k: "true" } }, { k: "x" }, false],
    [{ Null: { k: "false" } }, { k: "x" }, true],
    [{ StringEquals: { k: ["a", "b"] } }, { k: "b" }, true],
    [{ StringEquals: { k: "a" } }, {}, false],
    [{ StringNotEquals: { k: ["a", "b"] } }, { k: "c" }, true],
    [{ StringNotEquals: { k: ["a", "b"] } }, { k: "b" }, false],
    [{ StringNotEquals: { k: "a" } }, {}, true],
    [{ ArnNotEquals: { "aws:PrincipalArn": role } }, {}, false],
    [{ ArnNotEquals: { "aws:PrincipalArn": `${role}-else` } }, {}, true],
    [{ Bool: { "aws:SecureTransport": "false" } }, { "aws:securetransport": "false" }, true],
    [{ BoolIfExists: { k: "false" } }, {}, true],
    [{ BoolIfExists: { k: "false" } }, { k: "true" }, false],
    [{ NumericLessThan: { k: "10" } }, { k: "9" }, true],
    [{ NumericLessThan: { k: "10" } }, { k: "10" }, false],
    [{ NumericLessThan: { k: "10" } }, {}, false],
    [{ "ForAllValues:StringEquals": { k: ["a", "b"] } }, { k: ["a", "b"] }, true],
    [{ "ForAllValues:StringEquals": { k: ["a", "b"] } }, { k: ["a", "c"] }, false],
    [{ "ForAllValues:StringNotEquals": { k: "a" } }, {}, true],
    [{ "ForAllValues:StringNotEquals": { k: "a" } }, { k: ["b", "a"] }, false],
    [{ "ForAnyValue:StringEquals": { k: "a" } }, { k: ["b", "a"] }, true],
    [{ "ForAnyValue:StringEquals": { k: "a" } }, {}, false],
    [{ StringLike: { k: "events/*" } }, { k: "events/a/b" }, true],
    [{ StringEquals: { k: "a" }, Bool: { l: "true" } }, { k: "a", l: "false" }, false],
  ])("holds %j in %j: %s", (condition, context, applies) => {
    expect(decide(deny(condition), context)).toEqual(
      applies ? { allowed: false, by: "No" } : { allowed: true, by: "an allowance" },
    );
  });

  it("refuses to guess at an operator that it does not know", () => {
    expect(() => decide(deny({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }), { "aws:SourceIp": "10.0.0.1" })).toThrow(
      /IpAddress/,
    );
  });

  it("reads an account's root in a resource policy as leaving it to identity policies", () => {
    const resource: Statement[] = [
      { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" },
    ];
    const call = { principal: role, action: "kms:Decrypt", resource: "arn:aws:kms:::key/1", context: {} };
    expect(evaluate(call, { identity: [], resource }).allowed).toBe(false);
  });
});
