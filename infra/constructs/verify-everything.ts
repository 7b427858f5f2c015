import { Duration, Names } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { ScheduleExpression, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke, StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import { type IStateMachine, type StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { VerifierInput } from "../../lambda/contract.ts";
import { acknowledgeWildcards } from "./acknowledge.ts";
import type { Grantee } from "./grantee.ts";
import type { ReportsBucket } from "./reports-bucket.ts";
import { createStarter, dailyAt, type Scheduling } from "./starter.ts";
import { createMachine, createMachineRole, startingByHand, statesArn } from "./state-machine.ts";
import type { WorkerFunction } from "./worker-function.ts";

export interface VerifyEverythingProps extends Scheduling {
  readonly verifier: WorkerFunction;
  readonly reports: ReportsBucket;
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
    this.executionArns = arns.executions;
    const role = createMachineRole(this, "Verifies the archive step by step: calls the verifier function", [
      arns.machine,
      arns.portions,
    ]);
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
          resources: [arns.executionsOfPortions],
        }),
        ...reports.readingRuns(),
      ],
    });
    this.machine = createMachine(this, {
      name,
      stateMachineType: StateMachineType.STANDARD,
      role,
      policy,
      definition: definitionOf(verifier.live.functionArn, reports.bucket.bucketName),
    });
    if (props.verifyEveryDays !== null) this.schedule(props, props.verifyEveryDays);
    acknowledgeWildcards(
      policy,
      [reports.runArns, arns.executionsOfPortions],
      "Portions and their executions are named by the run, so a policy can only refer to them by their prefix.",
    );
  }

  /** Allows verifying now, and seeing how it went. */
  grantStart(operator: Grantee): void {
    const sids = { start: "VerifyEverything", follow: "FollowVerifications" };
    operator.allow(...startingByHand(sids, this.machine.stateMachineArn, this.executionArns));
  }

  private schedule({ verifier, ...props }: VerifyEverythingProps, everyDays: number): void {
    const starter = createStarter(this, "Schedules", {
      ...props,
      description: "Starts verifications of the archive, and the daily look at the newest report",
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
      ],
    });
    const target = { ...starter.target, maxEventAge: Duration.days(1) };
    // At a rate: the first one begins with the deployment, so there is a report from then on.
    starter.schedule("verify", {
      description: "verification of the whole archive",
      schedule: ScheduleExpression.rate(Duration.days(everyDays)),
      target: new StepFunctionsStartExecution(this.machine as IStateMachine, {
        ...target,
        input: ScheduleTargetInput.fromObject({}),
      }),
    });
    const look: VerifierInput = { task: "look" };
    starter.schedule("look", {
      description: "look at the newest report of a verification",
      schedule: dailyAt(5),
      target: new LambdaInvoke(verifier.live as IFunction, { ...target, input: ScheduleTargetInput.fromObject(look) }),
    });
  }
}

/** Those of portions have the label of the map behind the name. */
const arnsOf = (scope: Construct, name: string) => ({
  machine: statesArn(scope, "stateMachine", name),
  portions: statesArn(scope, "stateMachine", `${name}/*`),
  executionsOfPortions: statesArn(scope, "execution", `${name}/*`),
  executions: statesArn(scope, "execution", `${name}*`),
});

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
