import { ArnFormat, Aws, Duration, Names, Stack, TimeZone } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Schedule, ScheduleExpression, type ScheduleGroup, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke, StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { DefinitionBody, type IStateMachine, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { VerifierInput } from "../../lambda/contract.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import type { ReportsBucket } from "./reports-bucket.ts";
import type { WorkerFunction } from "./worker-function.ts";

export interface VerifyEverythingProps {
  readonly verifier: WorkerFunction;
  readonly reports: ReportsBucket;
  readonly group: ScheduleGroup;
  readonly undelivered: IQueue;
  /** Null: only by hand. */
  readonly verifyEveryDays: number | null;
}

/** Few, so that runs of the archiver find room beside them: a new account may run ten functions at once. */
const PORTIONS_AT_ONCE = 5;

/** Reads the whole archive back, in portions side by side, and leaves a report of what `verify` would say of it. */
export class VerifyEverything extends Construct {
  readonly machine: StateMachine;
  /** The ARN pattern of its executions, and of those of portions. */
  readonly executionArns: string;

  constructor(scope: Construct, id: string, props: VerifyEverythingProps) {
    super(scope, id);
    const { verifier, reports } = props;
    const name = Names.uniqueResourceName(this, { maxLength: 80 });
    const arns = arnsOf(this, name);
    this.executionArns = arns.all;
    const role = new Role(this, "Role", {
      description: "Verifies the archive step by step: calls the verifier function",
      assumedBy: new ServicePrincipal("states.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
          ArnLike: { "aws:SourceArn": [arns.machine, arns.portions] },
        },
      }),
    });
    const policy = new ManagedPolicy(this, "Policy", {
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: "TakeSteps",
          actions: ["lambda:InvokeFunction"],
          resources: [verifier.live.functionArn],
        }),
        // Each portion is an execution of its own.
        new PolicyStatement({ sid: "StartPortions", actions: ["states:StartExecution"], resources: [arns.machine] }),
        new PolicyStatement({
          sid: "FollowPortions",
          actions: ["states:DescribeExecution", "states:StopExecution"],
          resources: [arns.executions],
        }),
        ...reports.readingRuns(),
      ],
    });
    this.machine = new StateMachine(this, "Machine", {
      stateMachineName: name,
      stateMachineType: StateMachineType.STANDARD,
      comment: "Verifies the whole archive of Asana audit log events",
      role: role.withoutPolicyUpdates(),
      definitionBody: DefinitionBody.fromString(
        Stack.of(this).toJsonString(definitionOf(verifier.live.functionArn, reports.bucket.bucketName)),
      ),
    });
    this.machine.node.addDependency(policy);
    if (props.verifyEveryDays !== null) this.schedule(props, props.verifyEveryDays);
    acknowledgeRules(this, policy, [reports.runArns, arns.executions]);
  }

  private schedule({ verifier, group, undelivered }: VerifyEverythingProps, everyDays: number): void {
    const role = new Role(this, "SchedulesRole", {
      description: "Starts verifications of the archive, and the daily look at the newest report",
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group.scheduleGroupArn } },
      }),
    });
    const policy = new ManagedPolicy(this, "SchedulesPolicy", {
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: "StartVerifications",
          actions: ["states:StartExecution"],
          resources: [this.machine.stateMachineArn],
        }),
        new PolicyStatement({
          sid: "StartLooks",
          actions: ["lambda:InvokeFunction"],
          resources: [verifier.live.functionArn],
        }),
        new PolicyStatement({
          sid: "RecordUndelivered",
          actions: ["sqs:SendMessage"],
          resources: [undelivered.queueArn],
        }),
      ],
    });
    const common = { role: role.withoutPolicyUpdates(), retryAttempts: 3, deadLetterQueue: undelivered };
    const look: VerifierInput = { task: "look" };
    const schedules = [
      // At a rate: the first one begins with the deployment, so there is a report from then on.
      new Schedule(this, "verify", {
        description: "verification of the whole archive",
        schedule: ScheduleExpression.rate(Duration.days(everyDays)),
        scheduleGroup: group,
        target: new StepFunctionsStartExecution(this.machine as IStateMachine, {
          ...common,
          maxEventAge: Duration.days(1),
          input: ScheduleTargetInput.fromObject({}),
        }),
      }),
      new Schedule(this, "look", {
        description: "look at the newest report of a verification",
        schedule: ScheduleExpression.cron({ minute: "0", hour: "5", timeZone: TimeZone.ETC_UTC }),
        scheduleGroup: group,
        target: new LambdaInvoke(verifier.live as IFunction, {
          ...common,
          maxEventAge: Duration.days(1),
          input: ScheduleTargetInput.fromObject(look),
        }),
      }),
    ];
    for (const schedule of schedules) schedule.node.addDependency(policy);
  }
}

function arnsOf(scope: Construct, name: string) {
  const arn = (resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service: "states", resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  // Those of a portion have the map's label behind the name.
  return {
    machine: arn("stateMachine", name),
    portions: arn("stateMachine", `${name}/*`),
    executions: arn("execution", `${name}/*`),
    all: arn("execution", `${name}*`),
  };
}

/** Lambda answers so when it has no room or a fault of its own, and the verifier when a store did not answer. */
const RETRY = [
  {
    ErrorEquals: ["States.ALL"],
    IntervalSeconds: 30,
    BackoffRate: 2,
    MaxAttempts: 3,
    MaxDelaySeconds: 300,
    JitterStrategy: "FULL",
  },
];

const CATCH = [{ ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "ReportFailure" }];

/** In the language of Step Functions. What a step of the function leaves is in the bucket, so little is passed on here. */
export function definitionOf(functionArn: string, bucketName: string): object {
  const step = (payload: object, more: object) => ({
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: { FunctionName: functionArn, Payload: payload },
    Retry: RETRY,
    ...more,
  });
  const run = { "run.$": "$$.Execution.Name", "began.$": "$$.Execution.StartTime" };
  return {
    Comment: "Verifies the whole archive",
    StartAt: "Plan",
    States: {
      Plan: step({ task: "plan", ...run }, { OutputPath: "$.Payload", Catch: CATCH, Next: "IsThereAny" }),
      IsThereAny: {
        Type: "Choice",
        Choices: [{ Variable: "$.portions", NumericGreaterThan: 0, Next: "VerifyPortions" }],
        Default: "Report",
      },
      VerifyPortions: {
        Type: "Map",
        Label: "Portions",
        MaxConcurrency: PORTIONS_AT_ONCE,
        ItemReader: {
          Resource: "arn:aws:states:::s3:getObject",
          ReaderConfig: { InputType: "JSONL" },
          Parameters: { Bucket: bucketName, "Key.$": "$.inventory" },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "VerifyPortion",
          States: {
            VerifyPortion: step(
              { task: "portion", "run.$": "$.run", "portion.$": "$.portion" },
              { OutputPath: "$.Payload.faults", End: true },
            ),
          },
        },
        ResultPath: null,
        Catch: CATCH,
        Next: "Report",
      },
      Report: step({ task: "report", ...run }, { OutputPath: "$.Payload", Catch: CATCH, End: true }),
      ReportFailure: step(
        { task: "report", ...run, "failure.$": "$.failure" },
        { ResultPath: null, Next: "NotVerified" },
      ),
      NotVerified: { Type: "Fail", ErrorPath: "$.failure.Error", CausePath: "$.failure.Cause" },
    },
  };
}

function acknowledgeRules({ machine }: VerifyEverything, policy: ManagedPolicy, arns: readonly string[]): void {
  const isRecorded =
    "Step Functions keeps each step of an execution, its input and its result for 90 days, and the function logs and traces every invocation.";
  acknowledge(machine, ["solutions"], "SF1", isRecorded);
  acknowledge(machine, ["solutions"], "SF2", isRecorded);
  acknowledge(machine, ["serverless"], "StepFunctionStateMachineXray", isRecorded);
  acknowledgeWildcards(
    policy,
    arns,
    "Portions and their executions are named by the run, so a policy can only refer to them by their prefix.",
  );
}
