import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { WorkerFunction, type WorkerFunctionProps } from "./worker-function.ts";

export interface ArchiverFunctionProps extends WorkerFunctionProps {
  readonly drainEveryMinutes: number;
  readonly sourceBaseUrl: string;
  readonly retiredWorkspaces: readonly string[];
  readonly reservedConcurrency: number | null;
}

/** The function that reads the source. Each invocation is a run of one workspace. */
export class ArchiverFunction extends WorkerFunction {
  constructor(scope: Construct, id: string, props: ArchiverFunctionProps) {
    super(scope, id, props, {
      entry: "handler",
      description: "Archives new audit log events of one Asana workspace per run",
      roleDescription: "Archives audit log events: creates segments, moves checkpoints, reads tokens",
      environment: {
        [ENVIRONMENT.sourceBaseUrl]: props.sourceBaseUrl,
        [ENVIRONMENT.retiredWorkspaces]: JSON.stringify(props.retiredWorkspaces),
      },
      maxEventAge: Duration.minutes(props.drainEveryMinutes),
      reservedConcurrency: props.reservedConcurrency,
      unreservedReason:
        "Each schedule starts at most one run per interval, and overlapping runs are harmless. New accounts have too little concurrency to reserve any; where there is enough, set reservedConcurrency.",
    });
  }
}
