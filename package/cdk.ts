/**
 * The construct, for CDK apps.
 *
 *     import { AsanaAuditArchive } from "asana-audit-archive/cdk";
 *
 *     new AsanaAuditArchive(stack, "AuditArchive", {
 *       workspaces: ["1201234567890123"],
 *       alarmEmails: ["you@example.com"],
 *     });
 *
 * The functions' code comes with the package, so nothing is bundled at synthesis. `aws-cdk-lib` and `constructs` are peer
 * dependencies: the app's own are used. They are loaded from here and not by an import, because a missing one would otherwise be
 * reported as a path inside of this package.
 */
import "./check-node.ts";
import { createRequire } from "node:module";
import { isCheckout } from "./checkout.ts";
import type * as Constructs from "./constructs.ts";

const load = createRequire(import.meta.url);

function loadConstructs(): typeof Constructs {
  for (const peer of ["constructs", "aws-cdk-lib"]) {
    try {
      load.resolve(peer);
    } catch (cause) {
      throw new Error(
        `asana-audit-archive/cdk needs the package ${peer}, which is not installed. Run \`npm install aws-cdk-lib constructs\` in your app.`,
        { cause },
      );
    }
  }
  return load(`./constructs.${isCheckout ? "ts" : "js"}`);
}

const constructs = loadConstructs();

/** A complete archive that can be added to any stack. Throws SettingsError. */
export const AsanaAuditArchive = constructs.AsanaAuditArchive;
export type AsanaAuditArchive = Constructs.AsanaAuditArchive;
export type AsanaAuditArchiveProps = Constructs.AsanaAuditArchiveProps;

/** An archive in a stack of its own, protected against accidental deletion. It takes what `readSettings` gives. */
export const ArchiverStack = constructs.ArchiverStack;
export type ArchiverStack = Constructs.ArchiverStack;

/** A second copy of an archive, which S3 alone writes, for a stack in another account or region. Throws SettingsError. */
export const ArchiveReplica = constructs.ArchiveReplica;
export type ArchiveReplica = Constructs.ArchiveReplica;
export type ArchiveReplicaProps = Constructs.ArchiveReplicaProps;

/** A second copy in a stack of its own, protected against accidental deletion. It takes what `readReplicaSettings` gives. */
export const ReplicaStack = constructs.ReplicaStack;
export type ReplicaStack = Constructs.ReplicaStack;

/** A role for people, assumed by the principals that its settings name. The construct has three: reader, auditor, operator. */
export type PeopleRole = Constructs.PeopleRole;
export type AuditorRole = Constructs.AuditorRole;
export type OperatorRole = Constructs.OperatorRole;

/** Other parts of an archive that an app may use: its bucket, and the topics of alarms and of seals. */
export type ArchiveBucket = Constructs.ArchiveBucket;
export type Watch = Constructs.Watch;
export type SealsTopic = Constructs.SealsTopic;

/** All settings, with defaults, from those that are given: text, as in `-c name=value`, or values. Throws SettingsError. */
export const readSettings = constructs.readSettings;
export type Settings = Constructs.Settings;

/** The settings of a second copy, from those of its archive and `replicaOf`, the role that copies. Throws SettingsError. */
export const readReplicaSettings = constructs.readReplicaSettings;
export type ReplicaSettings = Constructs.ReplicaSettings;

/** Says of each wrong setting which, why, and what is allowed. */
export const SettingsError = constructs.SettingsError;
export type SettingsError = Constructs.SettingsError;
