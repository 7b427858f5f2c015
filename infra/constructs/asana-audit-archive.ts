import { Aws, Stack } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Code } from "aws-cdk-lib/aws-lambda";
import * as cxapi from "aws-cdk-lib/cx-api";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import type { FunctionName } from "../bundle/function-name.ts";
import { handlerZip } from "../bundle/handler-zip.ts";
import { accountProblems, readSettings, runSettingsOf, type Settings, SettingsError } from "../settings/settings.ts";
import { AccessLogs } from "./access-logs.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import { ArchiveBucket } from "./archive-bucket.ts";
import { ArchiveCatalog } from "./archive-catalog.ts";
import { ArchiveQueries } from "./archive-queries.ts";
import { ArchiverFunction } from "./archiver-function.ts";
import { AthenaCopy } from "./athena-copy.ts";
import { AuditorRole } from "./auditor-role.ts";
import { CheckpointTable } from "./checkpoint-table.ts";
import { accountOf, deploymentRoleArns } from "./deployment-role.ts";
import { FailureQueues } from "./failure-queues.ts";
import { withPolicy } from "./grantee.ts";
import { ArchiveKey, type KeyKeepers } from "./keys.ts";
import { NextSteps } from "./next-steps.ts";
import { OperatorRole } from "./operator-role.ts";
import { PeopleRole } from "./people-role.ts";
import { Replication } from "./replication.ts";
import { ReportsBucket } from "./reports-bucket.ts";
import { Schedules } from "./schedules.ts";
import { SealerFunction } from "./sealer-function.ts";
import { SealingKey } from "./sealing-key.ts";
import { SealsTopic } from "./seals-topic.ts";
import { SignOfLife } from "./sign-of-life.ts";
import { checkSizes } from "./size-limits.ts";
import { TokenParameters, type TokenParametersProps } from "./token-parameters.ts";
import { TokenSecrets } from "./token-secrets.ts";
import type { Tokens } from "./tokens.ts";
import { TRIPWIRE_HEADING, Tripwire } from "./tripwire.ts";
import { VerifierFunction } from "./verifier-function.ts";
import { VerifyEverything } from "./verify-everything.ts";
import { Watch } from "./watch.ts";

/** The settings of docs/deploy.md, except those of the stack itself. */
export interface AsanaAuditArchiveProps extends Partial<Omit<Settings, "stackName" | "tags" | "replicaOf">> {
  readonly workspaces: readonly string[];
  /** Who is notified of alarms; an empty list if something else is to be subscribed to `watch.topic`. */
  readonly alarmEmails: Settings["alarmEmails"];
  /**
   * The first part of every name. Two archives in the same account and region need different names.
   * @default - the name of the stack
   */
  readonly archiveName?: string;
  /** In place of the code of all functions. @default - that of each, bundled now */
  readonly code?: Code;
}

/** A complete archive that can be added to any stack. Throws SettingsError. */
export class AsanaAuditArchive extends Construct {
  readonly archive: ArchiveBucket;
  /** Null: there is no second copy. */
  readonly replication: Replication | null;
  readonly checkpoints: CheckpointTable;
  readonly archiver: ArchiverFunction;
  readonly sealer: SealerFunction;
  /** Where each new seal is published. */
  readonly seals: SealsTopic;
  readonly verifier: VerifierFunction;
  /** Verifies the whole archive. */
  readonly verifyEverything: VerifyEverything;
  /** What verifications report. */
  readonly reports: ReportsBucket;
  readonly catalog: ArchiveCatalog;
  /** Null: there is no columnar copy. */
  readonly columnar: AthenaCopy | null;
  readonly reader: PeopleRole;
  readonly auditor: AuditorRole;
  readonly operator: OperatorRole;
  readonly watch: Watch;

  constructor(scope: Construct, id: string, props: AsanaAuditArchiveProps) {
    super(scope, id);
    // An app in JavaScript may leave all of them out: then the settings say what is missing.
    const { archiveName = Stack.of(this).stackName, code, ...given } = props ?? ({} as AsanaAuditArchiveProps);
    const settings = readSettings(given);
    const problems = accountProblems(settings, accountOf(this));
    if (problems.length > 0) throw new SettingsError(problems);
    const { workspaces } = settings;
    /** Those of which the archive holds segments and a checkpoint: who reads it reads them too. */
    const archived = [...workspaces, ...settings.retiredWorkspaces];
    const deployers = deploymentRoleArns(this, settings);

    // Whatever the app's own feature flags are, a bucket policy and not an ACL permits the delivery of access logs.
    this.node.setContext(cxapi.S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY, true);
    const trusted = { deploymentRoleArns: deployers, breakGlassRoleArn: settings.breakGlassRoleArn };
    const accessLogs = new AccessLogs(this, "AccessLogs", trusted);
    this.archive = new ArchiveBucket(this, "Archive", {
      ...settings,
      accessLogs: accessLogs.bucket,
      deploymentRoleArns: deployers,
    });
    const key = this.operationsKey(settings, trusted);
    key.allowLogs();
    key.allowAlarms();
    const { replicaBucketArn, replicaKeyArn } = settings;
    this.replication =
      replicaBucketArn === null
        ? null
        : new Replication(this, "Replication", { archiveName, archive: this.archive, replicaBucketArn, replicaKeyArn });
    const uncopied = this.replication?.uncopied ?? null;
    this.checkpoints = new CheckpointTable(this, "Checkpoints", { key });
    const tokens = this.createTokens(settings, { archiveName, key, workspaces });
    const queues = new FailureQueues(this, "Failures");
    const common = { ...settings, archiveName, run: runSettingsOf(settings), key, queues };
    const codeOf = (name: FunctionName) => code ?? Code.fromAsset(handlerZip(name));
    this.archiver = new ArchiverFunction(this, "Archiver", {
      ...common,
      code: codeOf("archiver"),
    });
    this.archive.grantAppend(this.archiver, workspaces);
    this.checkpoints.grantMove(this.archiver, workspaces);
    tokens.grantRead(this.archiver);
    // A policy of its own, because that of twenty workspaces is nearly as long as IAM takes.
    new ManagedPolicy(this, "CensusPolicy", {
      roles: [this.archiver.role],
      statements: [this.archive.workspaceListing(), this.checkpoints.workspaceListing()],
    });
    const coverage = new ManagedPolicy(this, "CoveragePolicy", {
      roles: [this.archiver.role],
      statements: this.archive.coverageAccess(workspaces),
    });

    const sealName = settings.sealName ?? [archiveName, Aws.ACCOUNT_ID, Aws.REGION].join(".");
    this.sealer = new SealerFunction(this, "Sealer", {
      ...common,
      sealName,
      code: codeOf("sealer"),
    });
    this.verifier = new VerifierFunction(this, "Verifier", {
      ...common,
      sealName,
      code: codeOf("verifier"),
    });
    const sealingKey = new SealingKey(this, "SealingKey", {
      ...settings,
      ...trusted,
      sealer: this.sealer,
      verifier: this.verifier,
    });
    this.archive.grantSeal(this.sealer);
    this.seals = new SealsTopic(this, "Seals", { archiveName, key, sealer: this.sealer });

    const { undelivered } = queues;
    const schedules = new Schedules(this, "Schedules", {
      ...settings,
      target: this.archiver.live,
      sealer: this.sealer.live,
      undelivered,
    });
    const scheduling = { group: schedules.group, undelivered };

    this.archive.grantVerify(this.verifier);
    // A policy of its own, because that of many retired workspaces is nearly as long as IAM takes.
    this.checkpoints.grantRead(withPolicy(this, "VerifierCheckpointsPolicy", this.verifier.role), archived);
    this.verifier.setEnvironment(ENVIRONMENT.table, this.checkpoints.table.tableName);
    this.reports = new ReportsBucket(this, "Reports", {
      accessLogs: accessLogs.bucket,
      key: this.archive.key === null ? null : key,
      trusted,
      verifier: this.verifier,
    });
    this.verifyEverything = new VerifyEverything(this, "VerifyEverything", {
      ...settings,
      verifier: this.verifier,
      reports: this.reports,
      ...scheduling,
    });

    this.catalog = new ArchiveCatalog(this, "Catalog", {
      archiveName,
      archive: this.archive,
      accessLogs: accessLogs.bucket,
      trusted,
      workspaces: archived,
      scanLimitGiB: settings.queryScanLimitGiB,
    });
    new ArchiveQueries(this, "Queries", this.catalog);
    this.reader = new PeopleRole(this, "Reader", {
      description: "Reads and queries the Asana audit archive",
      principalArns: settings.readerPrincipalArns,
    });
    this.archive.grantRead(this.reader);
    this.checkpoints.grantRead(this.reader, archived);
    this.catalog.grantQuery(this.reader);
    this.columnar = settings.columnarCopy
      ? new AthenaCopy(this, "Columnar", {
          ...settings,
          archiveName,
          archive: this.archive,
          catalog: this.catalog,
          accessLogs: accessLogs.bucket,
          trusted,
          workspaces: archived,
          ...scheduling,
        })
      : null;
    this.columnar?.grantRead(this.reader);

    this.watch = new Watch(this, "Watch", {
      ...settings,
      archiveName,
      fn: this.archiver.fn,
      sealer: this.sealer.fn,
      verifier: this.verifier.fn,
      logs: this.archiver.logs,
      queues,
      uncopied,
      columnar: this.columnar,
      key,
    });
    const buckets = [this.archive.bucket, this.catalog.results, accessLogs.bucket, this.reports.bucket].concat(
      this.columnar?.bucket ?? [],
    );
    const keys = [...new Set([key.key, this.archive.key, sealingKey.key, sealingKey.former])].filter(
      (one) => one !== null,
    );
    this.auditor = new AuditorRole(this, "Auditor", {
      principalArns: settings.auditorPrincipalArns,
      archive: this.archive,
      accessLogs,
      reports: this.reports,
      checkpoints: this.checkpoints,
      workspaces: archived,
      bucketArns: buckets.map(({ bucketArn }) => bucketArn),
      keyArns: keys.map(({ keyArn }) => keyArn),
      functionArns: [this.archiver, this.sealer, this.verifier].map(({ live }) => live.functionArn),
      topicArns: [this.watch.topic, this.seals.topic].map(({ topicArn }) => topicArn),
    });
    this.operator = new OperatorRole(this, "Operator", {
      principalArns: settings.operatorPrincipalArns,
      archiver: this.archiver,
      sealer: this.sealer,
      verifier: this.verifier,
      verifyEverything: this.verifyEverything,
      columnar: this.columnar,
      reports: this.reports,
      seals: this.seals,
      queues,
      uncopied,
      tokens,
      watch: this.watch,
    });
    new SignOfLife(this, "SignOfLife", {
      archiveName,
      ...scheduling,
      topic: this.watch.topic,
      key,
    });
    new Tripwire(this, "Tripwire", {
      watched: {
        archiveName,
        bucketNames: buckets.map(({ bucketName }) => bucketName),
        keys: keys.map(({ keyId, keyArn }) => ({ id: keyId, arn: keyArn })),
        table: { name: this.checkpoints.table.tableName, arn: this.checkpoints.table.tableArn },
        functions: [this.archiver, this.sealer, this.verifier].map(({ fn, role }) => ({
          name: fn.functionName,
          arn: fn.functionArn,
          roleArn: role.roleArn,
        })),
        topicArns: [this.watch.topic, this.seals.topic].map(({ topicArn }) => topicArn),
        roleNames: [
          this.archiver.role.roleName,
          this.sealer.role.roleName,
          this.verifier.role.roleName,
          ...(this.replication === null ? [] : [this.replication.role.roleName]),
          ...deployers.concat(settings.breakGlassRoleArn ?? []).map((arn) => arn.split("/").at(-1)!),
        ],
        breakGlassRoleArn: settings.breakGlassRoleArn,
        scheduleGroupName: schedules.group.scheduleGroupName,
        secrets: tokens.secrets,
        parameters: tokens.parameters,
      },
      topic: this.watch.topic,
      key,
      undelivered,
      runbook: this.watch.section(TRIPWIRE_HEADING),
    });
    new NextSteps(this, "NextSteps", {
      workspaces,
      tokens,
      live: this.archiver.live,
      sealer: this.sealer.live,
      verifyEverythingArn: this.verifyEverything.machine.stateMachineArn,
      reportsBucketName: this.reports.bucket.bucketName,
      sealsTopicArn: this.seals.topic.topicArn,
      bucketName: this.archive.bucket.bucketName,
      tableName: this.checkpoints.table.tableName,
      databaseName: this.catalog.databaseName,
      workgroupName: this.catalog.workgroupName,
      roleArns: {
        Reader: this.reader.role.roleArn,
        Auditor: this.auditor.role.roleArn,
        Operator: this.operator.role.roleArn,
      },
      alarmTopicArn: this.watch.topic.topicArn,
      anAlarmName: this.watch.testAlarm.alarmName,
    });
    this.acknowledgeWildcards(workspaces, coverage);
    checkSizes(this);
  }

  /** Of checkpoints, tokens, logs and alarms. */
  private operationsKey(settings: Settings, trusted: KeyKeepers): ArchiveKey {
    if (settings.operationsKey === "archive" && this.archive.ownKey !== null) return this.archive.ownKey;
    return new ArchiveKey(this, "OperationsKey", {
      ...settings,
      ...trusted,
      description: "Asana audit archive: checkpoints, tokens, logs, alarms",
    });
  }

  private createTokens(settings: Settings, common: TokenParametersProps): Tokens {
    if (settings.tokenIn === "parameters") return new TokenParameters(this, "Tokens", common);
    const { tokenSecretArns: existing, tokenSecretKeyArns: existingKeyArns } = settings;
    return new TokenSecrets(this, "Tokens", { ...common, existing, existingKeyArns });
  }

  private acknowledgeWildcards(workspaces: readonly string[], coverage: ManagedPolicy): void {
    const segments =
      "Segments, coverage and seals are named by day and number, so a policy can only refer to them by their prefix.";
    acknowledgeWildcards(
      this.archiver.policy,
      workspaces.map((gid) => this.archive.segmentArns(gid)),
      segments,
    );
    acknowledgeWildcards(
      coverage,
      workspaces.map((gid) => this.archive.coverageArns(gid)),
      segments,
    );
    for (const { policy } of [this.sealer, this.verifier, this.reader])
      acknowledgeWildcards(policy, this.archive.recordArns(), segments);
    acknowledge(
      this.reader.policy,
      ["solutions"],
      "IAM5[Resource::*]",
      "Athena's console lists workgroups and catalogs before one is chosen; these rights know no resources.",
    );
    acknowledgeWildcards(
      this.reader.policy,
      [this.catalog.resultArns],
      "Athena names the results of a query by the query's id.",
    );
    acknowledgeWildcards(
      this.reader.policy,
      [this.catalog.tableArns],
      "Covers all tables and views of the archive's own database and nothing else.",
    );
  }
}
