import { ArnFormat, Aws, Stack } from "aws-cdk-lib";
import { type ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { DefinitionBody, StateMachine, type StateMachineProps } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** By its name: a machine's role refers to the machine, which cannot be created before its role. */
export const statesArn = (scope: Construct, resource: "stateMachine" | "execution", resourceName: string): string =>
  Stack.of(scope).formatArn({ service: "states", resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });

/** A role that nobody but state machines with such ARNs can take. */
export const createMachineRole = (scope: Construct, description: string, machineArns: string | string[]): Role =>
  new Role(scope, "Role", {
    description,
    assumedBy: new ServicePrincipal("states.amazonaws.com", {
      conditions: {
        StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
        ArnLike: { "aws:SourceArn": machineArns },
      },
    }),
  });

export interface MachineProps extends Pick<StateMachineProps, "stateMachineType"> {
  readonly name: string;
  readonly role: Role;
  /** Lists everything that the role may do. */
  readonly policy: ManagedPolicy;
  /** In Amazon States Language. */
  readonly definition: object;
}

export function createMachine(scope: Construct, { name, role, policy, definition, ...more }: MachineProps) {
  const machine = new StateMachine(scope, "Machine", {
    ...more,
    stateMachineName: name,
    role: role.withoutPolicyUpdates(),
    definitionBody: DefinitionBody.fromString(Stack.of(scope).toJsonString(definition)),
  });
  machine.node.addDependency(policy);
  const isRecorded =
    "Step Functions keeps each step of an execution, with its input and its result or error, for 90 days.";
  acknowledge(machine, ["solutions"], "SF1", isRecorded);
  acknowledge(machine, ["solutions"], "SF2", isRecorded);
  acknowledge(machine, ["serverless"], "StepFunctionStateMachineXray", isRecorded);
  return machine;
}

/** Statements that allow starting a machine by hand, and seeing how its executions went. */
export const startingByHand = (
  sids: { readonly start: string; readonly follow: string },
  machineArn: string,
  executionArns: string,
): PolicyStatement[] => [
  new PolicyStatement({
    sid: sids.start,
    actions: ["states:StartExecution", "states:ListExecutions"],
    resources: [machineArn],
  }),
  new PolicyStatement({
    sid: sids.follow,
    actions: ["states:DescribeExecution", "states:GetExecutionHistory"],
    resources: [executionArns],
  }),
];
