/** Puts names and ARNs in place of a template's references, as CloudFormation would, so that policies can be evaluated. */
import type { Template } from "aws-cdk-lib/assertions";

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";

const PSEUDO: Record<string, string> = {
  "AWS::AccountId": ACCOUNT,
  "AWS::Region": REGION,
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::StackName": "AsanaAuditArchive",
  "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/AsanaAuditArchive/1",
};

interface Names {
  readonly ref: string;
  readonly arn: string;
}

const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** CloudFormation ends a generated name with twelve random characters, and Secrets Manager an ARN with six. */
const secretOf = (id: string) => `secret:${id}-a1B2c3D4e5F6-AbCdEf`;

/** What `Ref` and the ARN attribute give, for each type that a policy refers to. `given`: the name that it is given. */
function namesOf(type: string, id: string, given: unknown): Names {
  if (type === "AWS::StepFunctions::StateMachine")
    return { ref: arn("states", `stateMachine:${given}`), arn: arn("states", `stateMachine:${given}`) };
  if (typeof given === "string") return { ref: given, arn: `arn:aws:iam::${ACCOUNT}:role/${given}` };
  switch (type) {
    case "AWS::S3::Bucket":
      return { ref: id.toLowerCase(), arn: `arn:aws:s3:::${id.toLowerCase()}` };
    case "AWS::IAM::Role":
      return { ref: id, arn: `arn:aws:iam::${ACCOUNT}:role/${id}` };
    case "AWS::KMS::Key":
      return { ref: id, arn: arn("kms", `key/${id}`) };
    case "AWS::Lambda::Function":
      return { ref: id, arn: arn("lambda", `function:${id}`) };
    case "AWS::Lambda::Alias":
      return { ref: arn("lambda", `function:${id}:live`), arn: arn("lambda", `function:${id}:live`) };
    case "AWS::SQS::Queue":
      return { ref: `https://sqs/${id}`, arn: arn("sqs", id) };
    case "AWS::SNS::Topic":
      return { ref: arn("sns", id), arn: arn("sns", id) };
    case "AWS::DynamoDB::Table":
      return { ref: id, arn: arn("dynamodb", `table/${id}`) };
    case "AWS::SecretsManager::Secret":
      return { ref: arn("secretsmanager", secretOf(id)), arn: arn("secretsmanager", secretOf(id)) };
    case "AWS::Logs::LogGroup":
      return { ref: id, arn: arn("logs", `log-group:${id}:*`) };
    case "AWS::Scheduler::ScheduleGroup":
      return { ref: id, arn: arn("scheduler", `schedule-group/${id}`) };
    default:
      return { ref: id, arn: arn("other", id) };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a template is as deep as CloudFormation has made it
export type Resolved = any;

export interface ResolvedResource {
  readonly id: string;
  readonly type: string;
  readonly ref: string;
  readonly arn: string;
  readonly properties: Resolved;
}

export function resolveTemplate(template: Template): readonly ResolvedResource[] {
  const resources: Record<string, { Type: string; Properties?: { RoleName?: unknown; StateMachineName?: unknown } }> =
    template.toJSON()["Resources"];
  const names = new Map<string, Names>();
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== "object" || value === null) return value;
    const [[key, argument] = ["", undefined], ...others] = Object.entries(value);
    if (others.length === 0 && key === "Ref") return PSEUDO[argument] ?? names.get(argument)!.ref;
    if (others.length === 0 && key === "Fn::GetAtt") return names.get(argument[0])!.arn;
    if (others.length === 0 && key === "Fn::Split") return (resolve(argument[1]) as string).split(argument[0]);
    if (others.length === 0 && key === "Fn::Select") return (resolve(argument[1]) as unknown[])[argument[0]];
    if (others.length === 0 && key === "Fn::Join") return argument[1].map(resolve).join(argument[0]);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolve(item)]));
  };
  // A given name refers to nothing but pseudo parameters.
  for (const [id, { Type, Properties }] of Object.entries(resources))
    names.set(id, namesOf(Type, id, resolve(Properties?.RoleName ?? Properties?.StateMachineName)));
  return Object.entries(resources).map(([id, { Type, Properties }]) => {
    return { id, type: Type, ...names.get(id)!, properties: resolve(Properties ?? {}) };
  });
}
