/** Checks of the AWS account that a stack is in: region, identity, the stack itself, and how many runs it lets take place. */
import { plural } from "../terminal.ts";
import { cannotTell, defineCheck, type Failure, notOk, ofFailure, ok } from "./finding.ts";
import { READ } from "./readings.ts";

/** Null: none is set. */
export const regionCheck = defineCheck<string | null>("region", READ.firstHour, (region) =>
  region === null ? notOk("no region is set", "Set AWS_REGION to the region of the stack") : ok(region),
);

export interface Identity {
  /** Whom AWS takes us for. */
  readonly arn: string;
  readonly failure: Failure | null;
}

export const identityCheck = defineCheck<Identity>("identity", READ.denied, ({ arn, failure }) =>
  failure === null ? ok(arn) : ofFailure(failure),
);

export interface StackState {
  readonly name: string;
  readonly region: string;
  /** As CloudFormation says it; null: there is no such stack. */
  readonly status: string | null;
}

export const stackCheck = defineCheck<StackState>("stack", READ.deployed, ({ name, region, status }) => {
  if (status === null)
    return notOk(`there is no stack ${name} in ${region}`, "Check its name, the account and AWS_REGION");
  if (status.endsWith("_IN_PROGRESS")) return cannotTell(`${name} is ${status}`, "Wait until the deployment has ended");
  if (/FAILED$|^(ROLLBACK|DELETE)_/.test(status)) {
    return notOk(`${name} is ${status}`, "Read the reason in the stack's events, mend it and deploy again");
  }
  return ok(`${name} is ${status}`);
});

export interface Concurrency {
  readonly workspaces: number;
  /** How many functions of the account may run at once, less what is reserved for others. */
  readonly unreserved: number;
  /** What is reserved for the archiver; null: nothing. */
  readonly reserved: number | null;
}

export const concurrencyCheck = defineCheck<Concurrency>(
  "quota of concurrent runs",
  READ.notArchiving,
  ({ workspaces, unreserved, reserved }) => {
    const runs = reserved ?? unreserved;
    const found = `${plural(runs, "run")} at once, ${reserved === null ? "shared with the account's other functions" : "reserved"}`;
    // The drains of all workspaces start together; a rescan or a census more waits for its turn.
    if (runs > workspaces) return ok(found);
    return notOk(
      `${found}; the drains of ${plural(workspaces, "workspace")} start together`,
      "Ask AWS for a higher quota of concurrent executions, or raise reservedConcurrency",
    );
  },
);
