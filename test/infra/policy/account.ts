/** The account after a deployment: who holds which policies, and which policies guard which resources. */
import type { Template } from "aws-cdk-lib/assertions";
import { type Context, type Decision, evaluate, evaluateAcross, type Statement } from "./evaluate.ts";
import { ACCOUNT, REGION, type ResolvedResource, resolveTemplate } from "./resolve.ts";

/** Every ordinary call today. */
const TLS: Context = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3", "aws:SourceAccount": ACCOUNT };

const EVERYTHING: Statement = { Sid: "Administrator", Effect: "Allow", Action: "*", Resource: "*" };

export const DEPLOYER = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
export const ADMINISTRATOR = `arn:aws:iam::${ACCOUNT}:role/administrator`;

export function createAccount(template: Template, administrators: readonly string[]) {
  const resources = resolveTemplate(template);
  const guards = resources.flatMap(guardsOf);

  const identityOf = (principal: string): readonly Statement[] =>
    administrators.includes(principal) ? [EVERYTHING] : policiesOf(resources, principal);
  const guarding = (resource: string) =>
    guards
      .filter(({ arn }) => resource === arn || resource.startsWith(`${arn}/`))
      .flatMap(({ statements }) => statements);

  return {
    /** The only resource of its type whose logical id matches. */
    find(type: string, id = /./): ResolvedResource {
      const found = resources.filter((resource) => resource.type === type && id.test(resource.id));
      if (found.length !== 1) throw new Error(`${found.length} resources ${type} match ${id}.`);
      return found[0]!;
    },
    identity: identityOf,
    decide(
      principal: string,
      action: string,
      resource: string,
      context: Context = {},
      identity: readonly Statement[] = identityOf(principal),
    ): Decision {
      return evaluate(
        { principal, action, resource, context: { ...TLS, ...context } },
        { identity, resource: guarding(resource) },
      );
    },
    /** For a caller of another account, whose policies there these are. */
    decideAcross(
      identity: readonly Statement[],
      principal: string,
      action: string,
      resource: string,
      context: Context = {},
    ): Decision {
      return evaluateAcross(
        { principal, action, resource, context: { ...TLS, ...context } },
        { identity, resource: guarding(resource) },
      );
    },
  };

  /** A key's policy names its own key as `*`. */
  function guardsOf({ type, arn, properties }: ResolvedResource): { arn: string; statements: Statement[] }[] {
    const byRef = (ref: string) => resources.find((resource) => resource.ref === ref)!.arn;
    switch (type) {
      case "AWS::KMS::Key":
        return [{ arn, statements: properties.KeyPolicy.Statement }];
      case "AWS::S3::BucketPolicy":
        return [{ arn: byRef(properties.Bucket), statements: properties.PolicyDocument.Statement }];
      case "AWS::SQS::QueuePolicy":
        return properties.Queues.map((ref: string) => ({
          arn: byRef(ref),
          statements: properties.PolicyDocument.Statement,
        }));
      case "AWS::SNS::TopicPolicy":
        return properties.Topics.map((ref: string) => ({ arn: ref, statements: properties.PolicyDocument.Statement }));
      default:
        return [];
    }
  }
}

function policiesOf(resources: readonly ResolvedResource[], principal: string): readonly Statement[] {
  const role = resources.find(({ arn }) => arn === principal);
  return resources
    .filter(({ type, properties }) => type === "AWS::IAM::ManagedPolicy" && properties.Roles.includes(role?.ref))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement);
}
