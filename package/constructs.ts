/** What `cdk.ts` loads, once it is known that the CDK is there. */
export { ArchiverStack } from "../infra/archiver-stack.ts";
export { AsanaAuditArchive, type AsanaAuditArchiveProps } from "../infra/constructs/asana-audit-archive.ts";
export type { PeopleRole } from "../infra/constructs/people-role.ts";
export { readSettings, type Settings, SettingsError } from "../infra/settings/settings.ts";
