import { Duration } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  type Code,
  type IVersion,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { ENVIRONMENT, FUNCTION_TIMEOUT_MS } from "../../lambda/contract.ts";
import type { RunSettings } from "../../lambda/settings.ts";
import { acknowledge } from "./acknowledge.ts";
import type { FailureQueues } from "./failure-queues.ts";
import type { Worker } from "./grantee.ts";
import type { ArchiveKey } from "./keys.ts";
import { RETAINED } from "./retained.ts";

/** What the functions of an archive have in common. */
export interface WorkerFunctionProps {
  readonly archiveName: string;
  readonly code: Code;
  readonly key: ArchiveKey;
  readonly queues: FailureQueues;
  readonly run: RunSettings;
  readonly memoryMiB: number;
  readonly tracing: boolean;
  readonly logLevel: string;
  readonly logRetentionDays: number;
}

/** What is a function's own. */
interface WorkerDetails {
  /** What the code exports for Lambda to call. */
  readonly entry: string;
  readonly description: string;
  readonly roleDescription: string;
  readonly environment: Readonly<Record<string, string>>;
  /** A start that waited longer is superseded by the next scheduled one. */
  readonly maxEventAge: Duration;
  readonly reservedConcurrency: number | null;
  /** Why no concurrency is reserved where it is not, as an auditor can check it. */
  readonly unreservedReason: string;
}

/**
 * A function that a schedule starts, with a role of its own. Lambda does not retry what failed; the next scheduled start is
 * the retry.
 */
export class WorkerFunction extends Construct implements Worker {
  readonly fn: LambdaFunction;
  /** What schedules invoke: the version that was deployed last. */
  readonly live: Alias;
  readonly logs: LogGroup;
  readonly role: Role;
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: WorkerFunctionProps, details: WorkerDetails) {
    super(scope, id);
    this.logs = new LogGroup(this, "Logs", {
      encryptionKey: props.key.key,
      retention: props.logRetentionDays as RetentionDays,
      removalPolicy: RETAINED,
    });
    this.role = new Role(this, "Role", {
      description: details.roleDescription,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    this.policy = new ManagedPolicy(this, "Policy", { roles: [this.role] });
    this.fn = new LambdaFunction(this, "Function", {
      description: details.description,
      code: props.code,
      handler: `index.${details.entry}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB,
      timeout: Duration.millis(FUNCTION_TIMEOUT_MS),
      // The role's policy lists everything that it may do; the function construct must not add to it.
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logs,
      loggingFormat: LoggingFormat.JSON,
      // Lambda's level overrules the logger's. It is never above INFO, because lines without a level, such as metrics, count as INFO.
      applicationLogLevelV2: props.logLevel === "debug" ? ApplicationLogLevel.DEBUG : ApplicationLogLevel.INFO,
      tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      deadLetterQueue: props.queues.failedRuns,
      environment: {
        [ENVIRONMENT.archive]: props.archiveName,
        [ENVIRONMENT.logLevel]: props.logLevel,
        [ENVIRONMENT.settings]: JSON.stringify(props.run),
        ...details.environment,
      },
      ...(details.reservedConcurrency === null ? {} : { reservedConcurrentExecutions: details.reservedConcurrency }),
    });
    this.fn.node.addDependency(this.policy);
    this.live = new Alias(this, "Live", {
      aliasName: "live",
      version: this.fn.currentVersion as IVersion,
      retryAttempts: 0,
      maxEventAge: details.maxEventAge,
      onFailure: new SqsDestination(props.queues.failedRuns),
    });
    this.allow(
      new PolicyStatement({
        sid: "WriteOwnLog",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [this.logs.logGroupArn],
      }),
      new PolicyStatement({
        sid: "RecordFailedRuns",
        actions: ["sqs:SendMessage"],
        resources: [props.queues.failedRuns.queueArn],
      }),
    );
    this.acknowledgeRules(details);
    if (props.tracing) this.allowTraces();
    else
      acknowledge(
        this.fn,
        ["serverless"],
        "LambdaTracing",
        "The setting tracing is off: what a run did is in its log.",
      );
  }

  allow(...statements: PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }

  setEnvironment(name: string, value: string): void {
    this.fn.addEnvironment(name, value);
  }

  private acknowledgeRules(details: WorkerDetails): void {
    acknowledge(
      this.fn,
      ["nist", "hipaa", "pci"],
      "LambdaInsideVPC",
      "Connects only to Asana and AWS services, over TLS, and accepts no connections. A VPC would add the cost and maintenance of NAT and endpoints and protect nothing.",
    );
    if (details.reservedConcurrency === null)
      acknowledge(this.fn, ["nist", "hipaa"], "LambdaConcurrency", details.unreservedReason);
  }

  private allowTraces(): void {
    this.allow(
      new PolicyStatement({
        sid: "WriteTraces",
        actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        resources: ["*"],
      }),
    );
    acknowledge(
      this.policy,
      ["solutions"],
      "IAM5[Resource::*]",
      "X-Ray's write actions cannot be limited to resources.",
    );
  }
}
