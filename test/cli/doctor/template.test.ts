/** A deployed policy is compared with its template by what both say, not by how they say it. */
import { describe, expect, it } from "vitest";
import { policyDigest } from "../../../cli/doctor/policy-text.ts";
import { readTemplate } from "../../../cli/doctor/template.ts";

describe("two policies have one digest", () => {
  const said = { Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: ["a", "b"] }] };

  it.each([
    ["in another order of keys and of lists", { Statement: [{ Action: ["b", "a"], Principal: "*", Effect: "Deny" }] }],
    [
      "where all principals are all of AWS",
      { Statement: [{ Effect: "Deny", Principal: { AWS: "*" }, Action: ["a", "b"] }] },
    ],
    ["where a list of one is the one", { Statement: { Effect: "Deny", Principal: "*", Action: ["a", "b"] } }],
  ])("%s", (_, same) => {
    expect(policyDigest({ Version: "2012-10-17", ...same })).toBe(policyDigest(said));
  });

  it.each([
    ["another effect", { Statement: [{ Effect: "Allow", Principal: "*", Action: ["a", "b"] }] }],
    ["another principal", { Statement: [{ Effect: "Deny", Principal: { AWS: "1" }, Action: ["a", "b"] }] }],
    ["one action less", { Statement: [{ Effect: "Deny", Principal: "*", Action: ["a"] }] }],
    ["one statement more", { Statement: [...said.Statement, { Effect: "Allow", Principal: "*", Action: "c" }] }],
    ["a condition", { Statement: [{ ...said.Statement[0], Condition: { Bool: { "aws:SecureTransport": "false" } } }] }],
  ])("but not with %s", (_, other) => {
    expect(policyDigest({ Version: "2012-10-17", ...other })).not.toBe(policyDigest(said));
  });
});

describe("a template's references", () => {
  const body = JSON.stringify({
    Resources: {
      Bucket: { Type: "AWS::S3::Bucket" },
      Writer: { Type: "AWS::IAM::Role", Properties: { RoleName: "x" } },
      Key: { Type: "AWS::KMS::Key" },
      Queue: { Type: "AWS::SQS::Queue" },
      NotMade: { Type: "AWS::S3::Bucket" },
    },
  });
  const physicalIds = new Map([
    ["Bucket", "my-bucket"],
    ["Writer", "my-writer"],
    ["Key", "1-2"],
    ["Queue", "https://sqs/queue"],
  ]);
  const parameters = { "AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012" };
  const { resolve, resources } = readTemplate(body, { physicalIds, parameters });

  it.each([
    ["a name", { Ref: "Bucket" }, "my-bucket"],
    ["the region", { Ref: "AWS::Region" }, "eu-west-1"],
    ["an ARN of a bucket", { "Fn::GetAtt": ["Bucket", "Arn"] }, "arn:aws:s3:::my-bucket"],
    ["an ARN of a role", { "Fn::GetAtt": ["Writer", "Arn"] }, "arn:aws:iam::123456789012:role/my-writer"],
    ["an ARN of a key", { "Fn::GetAtt": ["Key", "Arn"] }, "arn:aws:kms:eu-west-1:123456789012:key/1-2"],
    ["a text of parts", { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":s3"]] }, "arn:aws:s3"],
    ["a part of a text", { "Fn::Select": [1, { "Fn::Split": ["-", { Ref: "Bucket" }] }] }, "bucket"],
    ["references inside", { Condition: [{ Ref: "Key" }, 7, true] }, { Condition: ["1-2", 7, true] }],
  ])("become %s", (_, reference, value) => {
    expect(resolve(reference)).toEqual(value);
  });

  it.each([
    ["of a kind that is not known", { "Fn::ImportValue": "other" }],
    ["to what was not made", { Ref: "NotMade" }],
    ["to an ARN that has another form", { "Fn::GetAtt": ["Queue", "Arn"] }],
    ["to another attribute", { "Fn::GetAtt": ["Bucket", "DomainName"] }],
  ])("are refused, not guessed, %s", (_, reference) => {
    expect(() => resolve(reference)).toThrow(/the template/);
  });

  it("name what was made, and nothing else", () => {
    expect(resources.map(({ id }) => id)).toEqual(["Bucket", "Writer", "Key", "Queue"]);
  });
});
