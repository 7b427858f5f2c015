import { Stack, Tags } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { ArchiveReplica } from "./constructs/archive-replica.ts";
import type { ReplicaSettings } from "./settings/settings.ts";

/** A second copy in a stack of its own, which never has the archive's name, so that neither can be deployed over the other. */
export class ReplicaStack extends Stack {
  readonly replica: ArchiveReplica;

  constructor(scope: Construct, { stackName, tags, ...settings }: ReplicaSettings) {
    super(scope, `${stackName}Replica`, {
      description: "A second copy of an archive of Asana audit log events, written by S3 alone",
      terminationProtection: true,
    });
    this.replica = new ArchiveReplica(this, "Replica", settings);
    for (const [key, value] of Object.entries({ application: "asana-audit-archive", ...tags }))
      Tags.of(this).add(key, value);
  }
}
