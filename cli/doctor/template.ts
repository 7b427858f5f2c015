/** A deployed template with names and ARNs in place of its references, so that it can be compared with what is there. */

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface DeployedNames {
  /** What CloudFormation calls physical ids, by logical id. */
  readonly physicalIds: ReadonlyMap<string, string>;
  /** `AWS::Region` and so on, and the stack's own parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface DeployedResource {
  readonly id: string;
  readonly type: string;
  /** Its name, ARN or URL, as CloudFormation knows it. */
  readonly physicalId: string;
  /** As the template has them; `resolve` puts the names in. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface DeployedTemplate {
  readonly resources: readonly DeployedResource[];
  /** Throws if a reference is of a kind that is not known here. */
  resolve(value: unknown): unknown;
}

/** `body` is a template as JSON, which is how the CDK deploys. */
export function readTemplate(body: string, names: DeployedNames): DeployedTemplate {
  const { Resources } = JSON.parse(body) as { readonly Resources: Readonly<Record<string, TemplateResource>> };
  const resources = Object.entries(Resources).flatMap(([id, { Type: type, Properties: properties = {} }]) => {
    const physicalId = names.physicalIds.get(id);
    return physicalId === undefined ? [] : [{ id, type, physicalId, properties }];
  });
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const { parameters } = names;

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [key, argument] = entries[0] ?? [];
    if (entries.length === 1 && (key === "Ref" || key?.startsWith("Fn::") === true)) return call(key, argument);
    return Object.fromEntries(entries.map(([name, item]) => [name, resolve(item)]));
  }

  function call(name: string, argument: unknown): unknown {
    if (name === "Ref") return parameters[String(argument)] ?? resourceOf(argument).physicalId;
    const [first, second] = argument as readonly [unknown, unknown];
    if (name === "Fn::GetAtt" && second === "Arn") return arnOf(resourceOf(first), parameters);
    if (name === "Fn::GetAtt" && second === "Id") return resourceOf(first).physicalId;
    if (name === "Fn::Join") return (second as readonly unknown[]).map(resolve).join(String(first));
    if (name === "Fn::Split") return String(resolve(second)).split(String(first));
    if (name === "Fn::Select") return (resolve(second) as readonly unknown[])[Number(first)];
    throw new Error(`the template has a reference that is not known here (${name})`);
  }

  function resourceOf(id: unknown): DeployedResource {
    const resource = byId.get(String(id));
    if (resource === undefined) throw new Error(`the template refers to ${String(id)}, which is not there`);
    return resource;
  }

  return { resources, resolve };
}

/** The attribute `Arn` of the types that policies refer to. */
function arnOf({ type, physicalId }: DeployedResource, parameters: Readonly<Record<string, string>>): string {
  if (physicalId.startsWith("arn:")) return physicalId;
  const [partition, region, account] = ["AWS::Partition", "AWS::Region", "AWS::AccountId"].map(
    (name) => parameters[name],
  );
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  switch (type) {
    case "AWS::S3::Bucket":
      return `arn:${partition}:s3:::${physicalId}`;
    case "AWS::IAM::Role":
      return `arn:${partition}:iam::${account}:role/${physicalId}`;
    case "AWS::KMS::Key":
      return arn("kms", `key/${physicalId}`);
    case "AWS::Lambda::Function":
      return arn("lambda", `function:${physicalId}`);
    case "AWS::DynamoDB::Table":
      return arn("dynamodb", `table/${physicalId}`);
    default:
      throw new Error(`the template has an ARN that is not known here (of ${type})`);
  }
}
