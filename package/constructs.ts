/** What `cdk.ts` loads, once it is known that the CDK is there. */
export { ArchiverStack } from "../infra/archiver-stack.ts";
export type { ArchiveBucket } from "../infra/constructs/archive-bucket.ts";
export { ArchiveReplica, type ArchiveReplicaProps } from "../infra/constructs/archive-replica.ts";
export { AsanaAuditArchive, type AsanaAuditArchiveProps } from "../infra/constructs/asana-audit-archive.ts";
export type { AuditorRole } from "../infra/constructs/auditor-role.ts";
export type { OperatorRole } from "../infra/constructs/operator-role.ts";
export type { PeopleRole } from "../infra/constructs/people-role.ts";
export type { SealsTopic } from "../infra/constructs/seals-topic.ts";
export type { Watch } from "../infra/constructs/watch.ts";
export { ReplicaStack } from "../infra/replica-stack.ts";
export {
  type ReplicaSettings,
  readReplicaSettings,
  readSettings,
  type Settings,
  SettingsError,
} from "../infra/settings/settings.ts";
