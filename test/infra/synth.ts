/** The stack as its users get it, synthesised with settings of the test's choice; the code is a stand-in unless asked for. */
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { ArchiverStack } from "../../infra/archiver-stack.ts";
import { ReplicaStack } from "../../infra/replica-stack.ts";
import { readReplicaSettings, readSettings } from "../../infra/settings/settings.ts";

export const WORKSPACE = "1201";
export const OTHER_WORKSPACE = "1202";
/** As many as a stack takes, with gids as long as Asana's. */
export const TWENTY = Array.from({ length: 20 }, (_, index) => String(1_201_234_567_890_100 + index));
export const BREAK_GLASS = "arn:aws:iam::123456789012:role/break-glass";

export const standIn = Code.fromInline("exports.handler = async () => {};");

export function createStack(given: Record<string, unknown> = {}): ArchiverStack {
  return new ArchiverStack(
    new App(),
    readSettings({ workspaces: [WORKSPACE], alarmEmails: "none", ...given }),
    standIn,
  );
}

const templates = new Map<string, Template>();

/** Once for the same settings; nobody may change a template. */
export function synthesise(given: Record<string, unknown> = {}): Template {
  const settings = { workspaces: [WORKSPACE], alarmEmails: "none", ...given };
  const key = JSON.stringify(Object.entries(settings).sort());
  const template = templates.get(key) ?? Template.fromStack(createStack(settings));
  templates.set(key, template);
  return template;
}

/** What a second copy's deployment is told of its archive, and the other way round. */
export const REPLICATION_ROLE = "arn:aws:iam::123456789012:role/AsanaAuditArchive-eu-west-1-replication";
export const COPY = {
  replicaBucketArn: "arn:aws:s3:::copy",
  replicaKeyArn: "arn:aws:kms:eu-central-1:210987654321:key/1",
};

export const createReplica = (given: Record<string, unknown> = {}): ReplicaStack =>
  new ReplicaStack(new App(), readReplicaSettings({ replicaOf: REPLICATION_ROLE, ...given }));

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is as deep as CloudFormation has made it
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string | string[];
}

export const resourcesOf = (template: Template, type: string): Record<string, Resource> =>
  template.findResources(type) as Record<string, Resource>;

/** The only resource of its type whose logical id matches. */
export function theOne(template: Template, type: string, id = /./): Resource {
  const found = Object.entries(resourcesOf(template, type)).filter(([logicalId]) => id.test(logicalId));
  if (found.length !== 1) throw new Error(`${found.length} resources ${type} match ${id}.`);
  return found[0]![1];
}
