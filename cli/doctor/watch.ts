/** Checks of whoever is told when something is wrong: the subscriptions of the alarms, and the trail that feeds the tripwire. */
import { plural } from "../terminal.ts";
import { cannotTell, defineCheck, notOk, ok } from "./finding.ts";
import { READ } from "./readings.ts";

export interface Subscription {
  readonly endpoint: string;
  readonly isConfirmed: boolean;
}

export const subscriptionCheck = defineCheck<readonly Subscription[]>(
  "alarm subscriptions",
  READ.mail,
  (subscriptions) => {
    if (subscriptions.length === 0) return notOk("nobody is told of alarms", "Subscribe somebody (output Subscribe)");
    return confirmation(subscriptions);
  },
);

/** That nobody keeps the seals elsewhere is allowed: only whoever wants to hold them against their owner has to. */
export const sealSubscriptionCheck = defineCheck<readonly Subscription[]>(
  "subscriptions to seals",
  READ.keepSeals,
  (subscriptions) => {
    if (subscriptions.length === 0) return ok("none: nobody keeps the numbers and hashes of seals elsewhere");
    return confirmation(subscriptions);
  },
);

function confirmation(subscriptions: readonly Subscription[]) {
  const pending = subscriptions.filter(({ isConfirmed }) => !isConfirmed).map(({ endpoint }) => endpoint);
  if (pending.length === 0) return ok(`${plural(subscriptions.length, "subscription")}, confirmed`);
  return notOk(
    `not confirmed: ${pending.join(", ")}`,
    "Confirm with the token in the mail (output ConfirmSubscription), or subscribe again",
  );
}

export interface Trail {
  readonly name: string;
  /** Whether it records what happens in the stack's region. */
  readonly isOfRegion: boolean;
  /** Null: it may not be asked. */
  readonly isLogging: boolean | null;
  /** What it leaves out of management events, such as "KMS"; empty: nothing. Null: it may not be asked. */
  readonly leavesOut: readonly string[] | null;
}

export const trailCheck = defineCheck<readonly Trail[]>("trail for the tripwire", READ.trail, (trails) => {
  const here = trails.filter(({ isOfRegion }) => isOfRegion);
  const good = here.find(({ isLogging, leavesOut }) => isLogging === true && leavesOut?.length === 0);
  if (good !== undefined) return ok(good.name);
  const hidden = here.filter(
    ({ isLogging, leavesOut }) => isLogging !== false && (isLogging === null || leavesOut === null),
  );
  if (hidden.length > 0) {
    const names = hidden.map(({ name }) => name).join(", ");
    return cannotTell(`${names} may not be looked at from here`, "Ask whoever keeps the trail what it records");
  }
  const todo = "Let a trail log all management events here, reads and those of KMS included";
  if (here.length === 0) return notOk("none records this region, so the tripwire sees nothing", todo);
  return notOk(here.map(describe).join("; "), todo);
});

const describe = ({ name, isLogging, leavesOut }: Trail): string =>
  isLogging === false ? `${name} is not logging` : `${name} leaves out ${leavesOut?.join(" and ")}`;

/** As CloudTrail describes them: basic selectors or advanced ones. */
export interface Selectors {
  readonly EventSelectors?: readonly {
    readonly ReadWriteType?: string;
    readonly IncludeManagementEvents?: boolean;
    readonly ExcludeManagementEventSources?: readonly string[];
  }[];
  readonly AdvancedEventSelectors?: readonly { readonly FieldSelectors?: readonly FieldSelector[] }[];
}

interface FieldSelector {
  readonly Field?: string;
  readonly Equals?: readonly string[];
  readonly NotEquals?: readonly string[];
}

/** What of the management events that the tripwire needs no selector takes. */
export function leftOut({ EventSelectors = [], AdvancedEventSelectors = [] }: Selectors): string[] {
  const parts = [
    ...EventSelectors.filter(({ IncludeManagementEvents: isTaken }) => isTaken !== false).map(
      ({ ReadWriteType: type = "All", ExcludeManagementEventSources: excluded = [] }) => ({
        reads: type !== "WriteOnly",
        writes: type !== "ReadOnly",
        kms: !excluded.includes("kms.amazonaws.com"),
      }),
    ),
    ...AdvancedEventSelectors.flatMap(({ FieldSelectors = [] }) => partOf(FieldSelectors)),
  ];
  return Object.entries({ "read events": "reads", "write events": "writes", "events of KMS": "kms" } as const)
    .filter(([, part]) => !parts.some((taken) => taken[part]))
    .map(([name]) => name);
}

function partOf(fields: readonly FieldSelector[]) {
  const of = (name: string) => fields.find(({ Field }) => Field === name);
  if (of("eventCategory")?.Equals?.includes("Management") !== true) return [];
  const [readOnly, source] = [of("readOnly")?.Equals?.[0], of("eventSource")];
  const kms = source?.NotEquals?.includes("kms.amazonaws.com") !== true && source?.Equals === undefined;
  return [{ reads: readOnly !== "false", writes: readOnly !== "true", kms }];
}
