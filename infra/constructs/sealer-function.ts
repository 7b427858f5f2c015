import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { ENVIRONMENT, type StampSettings } from "../../lambda/contract.ts";
import { WorkerFunction, type WorkerFunctionProps } from "./worker-function.ts";

export interface SealerFunctionProps extends WorkerFunctionProps {
  readonly workspaces: readonly string[];
  readonly sealName: string;
  /** The verifier key of a key that is lost; null: none is. */
  readonly lostSealingKey: string | null;
  /** Time-stamping authorities; none: no seal is stamped. */
  readonly timestampUrls: readonly string[];
  readonly stampEveryDays: number;
}

/**
 * The function that signs. It reads what the archiver wrote and holds no token, so that neither of the two roles can write
 * events and sign for them.
 */
export class SealerFunction extends WorkerFunction {
  constructor(scope: Construct, id: string, props: SealerFunctionProps) {
    const { lostSealingKey, timestampUrls } = props;
    const stamps: StampSettings = { urls: timestampUrls, everyDays: props.stampEveryDays };
    super(scope, id, props, {
      entry: "sealer",
      description: "Seals the settled days of the archive of Asana audit log events",
      roleDescription: "Seals days of audit log events: reads segments, signs, creates seals",
      environment: {
        [ENVIRONMENT.workspaces]: JSON.stringify(props.workspaces),
        [ENVIRONMENT.sealName]: props.sealName,
        ...(lostSealingKey !== null && { [ENVIRONMENT.lostSealingKey]: lostSealingKey }),
        ...(timestampUrls.length > 0 && { [ENVIRONMENT.timeStamps]: JSON.stringify(stamps) }),
      },
      maxEventAge: Duration.hours(6), // the longest that Lambda keeps one
      reservedConcurrency: null,
      unreservedReason: "One schedule starts it once a day, and overlapping sealings are harmless.",
    });
  }
}
