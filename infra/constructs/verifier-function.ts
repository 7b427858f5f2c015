import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { WorkerFunction, type WorkerFunctionProps } from "./worker-function.ts";

export interface VerifierFunctionProps extends Omit<WorkerFunctionProps, "memoryMiB"> {
  readonly sealName: string;
  /** Null: only by hand. */
  readonly verifyEveryDays: number | null;
}

/** With this much Lambda gives one whole CPU. Verifying is work for a CPU, so less would take longer and cost the same. */
const MEMORY_MIB = 1769;

/** The function that verifies. It may read all of the archive and write nothing but its reports. */
export class VerifierFunction extends WorkerFunction {
  constructor(scope: Construct, id: string, props: VerifierFunctionProps) {
    const { sealName, verifyEveryDays } = props;
    super(
      scope,
      id,
      { ...props, memoryMiB: MEMORY_MIB },
      {
        entry: "verifier",
        description: "Verifies the archive of Asana audit log events, a portion of days per invocation",
        roleDescription: "Verifies audit log events: reads the whole archive, writes reports",
        environment: {
          [ENVIRONMENT.sealName]: sealName,
          ...(verifyEveryDays !== null && { [ENVIRONMENT.verifyEveryDays]: String(verifyEveryDays) }),
        },
        maxEventAge: Duration.hours(6), // the longest that Lambda keeps one
        reservedConcurrency: null,
        unreservedReason: "The state machine that calls it runs few invocations at once.",
      },
    );
  }
}
