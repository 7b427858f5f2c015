// What a program in TypeScript says of the package's types; it is compiled, not run.
import {
  ArchiverError,
  type ArchiveStore,
  type CheckpointStore,
  createDirectoryArchive,
  createStreamingCodec,
  drain,
  type RunDeps,
  type RunReport,
  type VerifyReport,
  verify,
} from "asana-audit-archive";
import { createS3Archive, createS3Client } from "asana-audit-archive/aws";
import {
  ArchiveReplica,
  AsanaAuditArchive,
  type AsanaAuditArchiveProps,
  type OperatorRole,
  type SettingsError,
} from "asana-audit-archive/cdk";
import { archiveContract, type OpenArchive } from "asana-audit-archive/testing";
import { App, Stack } from "aws-cdk-lib";

export const runOnce = (deps: RunDeps): Promise<RunReport> =>
  drain(deps, { workspace: "1201", settings: { overlapMinutes: 30 } }, AbortSignal.timeout(1));

export const judge = (archive: ArchiveStore, checkpoints: CheckpointStore): Promise<VerifyReport> =>
  verify({ archive, checkpoints, codec: createStreamingCodec() }, {});

export const stores: ArchiveStore[] = [
  createDirectoryArchive("archive"),
  createS3Archive({ bucket: "bucket" }, createS3Client()),
];

export const kind = (error: unknown): string => (error instanceof ArchiverError ? error.kind : "unknown");

const props: AsanaAuditArchiveProps = { workspaces: ["1201"], alarmEmails: ["you@example.com"] };
export class Compliance extends Stack {
  readonly archive: AsanaAuditArchive = new AsanaAuditArchive(this, "Archive", props);
}
export const operator = (archive: AsanaAuditArchive): OperatorRole => archive.operator;
export class Copy extends Stack {
  readonly bucketArn = new ArchiveReplica(this, "Copy", { replicaOf: "arn:aws:iam::1:role/r" }).bucket.bucketArn;
}
export const bucketName = new Compliance(new App(), "Compliance").archive.archive.bucket.bucketName;
export const problems = (error: SettingsError): readonly string[] => error.problems;

const open = async (): Promise<OpenArchive> => ({
  store: createDirectoryArchive("archive"),
  another: () => createDirectoryArchive("archive"),
  close: async () => {},
});
archiveContract("a folder", open);

// @ts-expect-error: a setting that does not exist
export const wrong: AsanaAuditArchiveProps = { ...props, retention: 7 };
