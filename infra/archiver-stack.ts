import { Stack, Tags } from "aws-cdk-lib";
import type { Code } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { AsanaAuditArchive } from "./constructs/asana-audit-archive.ts";
import type { Settings } from "./settings/settings.ts";

/** One archive in a stack of its own, protected against accidental deletion. */
export class ArchiverStack extends Stack {
  readonly archive: AsanaAuditArchive;

  constructor(scope: Construct, { stackName, tags, ...settings }: Settings, code?: Code) {
    super(scope, stackName, {
      description: "Archives Asana audit log events, each exactly once and protected against change",
      terminationProtection: true,
      // With it, the template of twenty workspaces is larger than the million bytes that CloudFormation takes.
      suppressTemplateIndentation: true,
    });
    this.archive = new AsanaAuditArchive(this, "Archive", { ...settings, ...(code === undefined ? {} : { code }) });
    for (const [key, value] of Object.entries({ application: "asana-audit-archive", ...tags }))
      Tags.of(this).add(key, value);
  }
}
