// An archive in one account, and a second copy of it in another account and region, to which S3 alone writes. Deploy the copy first:
//
//   npx cdk deploy ArchiveCopy     with credentials of the copy's account; it prints ReplicaSettings
//   npx cdk deploy Archive         with those of the archive's
//
// The copy's names are known before it exists, so that both stacks are in one app; the archive is told of them below.

import { ArchiveReplica, AsanaAuditArchive } from "asana-audit-archive/cdk";
import { App, Stack } from "aws-cdk-lib";

const archiveAccount = { account: "111111111111", region: "eu-west-1" };
const copyAccount = { account: "222222222222", region: "eu-central-1" };

/** The same for both, or the copy could be deleted before the archive. */
const lock = { retentionMode: "governance", retentionDays: 2557 };

/** What `ArchiveCopy` printed as ReplicaSettings; none until it has been deployed. */
const replica = {
  replicaBucketArn: process.env.REPLICA_BUCKET_ARN ?? null,
  replicaKeyArn: process.env.REPLICA_KEY_ARN ?? null,
};

const app = new App();

const copy = new Stack(app, "ArchiveCopy", { env: copyAccount, terminationProtection: true });
new ArchiveReplica(copy, "Copy", {
  ...lock,
  replicaOf: `arn:aws:iam::${archiveAccount.account}:role/Archive-${archiveAccount.region}-replication`,
});

const stack = new Stack(app, "Archive", { env: archiveAccount, terminationProtection: true });
new AsanaAuditArchive(stack, "Archive", {
  ...lock,
  ...replica,
  workspaces: ["1201234567890123"],
  alarmEmails: ["you@example.com"],
});
