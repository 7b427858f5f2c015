/** Checks of what protects the archive: its lock, its keys, and the policies of buckets and keys as they were deployed. */
import { formatCount } from "../terminal.ts";
import { cannotTell, defineCheck, notOk, ok } from "./finding.ts";
import { policyDigest } from "./policy-text.ts";
import { READ } from "./readings.ts";

export interface Lock {
  /** As S3 spells it: GOVERNANCE or COMPLIANCE. */
  readonly mode: string;
  readonly days: number;
}

export interface LockState {
  readonly bucket: string;
  /** With which new segments are locked; null: they are not. */
  readonly found: Lock | null;
  /** What the stack's template says; null: it could not be read. */
  readonly deployed: Lock | null;
}

export const lockCheck = defineCheck<LockState>("lock", READ.firstHour, ({ bucket, found, deployed }) => {
  if (found === null) {
    return notOk(
      `new segments of ${bucket} are not locked`,
      "Treat it as an incident, and deploy again to lock what comes",
    );
  }
  const differs = deployed !== null && (deployed.mode !== found.mode || deployed.days !== found.days);
  if (!differs) return ok(`${describeLock(found)}${deployed === null ? "; not compared with the template" : ""}`);
  return notOk(
    `${describeLock(found)}, but ${describeLock(deployed)} was deployed`,
    "Ask who changed it, and put it back as the role that deploys",
  );
});

const describeLock = ({ mode, days }: Lock): string => `${mode.toLowerCase()} for ${formatCount(days)} days`;

export interface KeyState {
  readonly id: string;
  /** What it is for, as whoever made it wrote. */
  readonly description: string;
  /** As KMS says it: Enabled, Disabled, PendingDeletion, ... */
  readonly state: string;
  /** Of a key that is pending deletion. */
  readonly deletedAt: Date | null;
}

export const keyCheck = defineCheck<KeyState>(
  ({ id }) => `key ${id}`,
  READ.key,
  ({ description, state, deletedAt }) => {
    const what = description === "" ? "" : ` (${description})`;
    if (state === "Enabled") return ok(`enabled${what}`);
    if (state === "PendingDeletion") {
      const until = deletedAt === null ? "" : ` on ${deletedAt.toISOString().slice(0, 10)}`;
      return notOk(`will be deleted${until}${what}`, "Cancel the deletion and enable the key, now");
    }
    if (state === "Disabled") return notOk(`disabled${what}`, "Enable the key, and ask who disabled it");
    return cannotTell(`${state}${what}`, "Look at the key in a few minutes");
  },
);

export interface PolicyState {
  /** Of what, such as `bucket my-archive`. */
  readonly of: string;
  /** JSON; null: there is none. */
  readonly inForce: string | null;
  /** The template's, with names and ARNs in place of its references. */
  readonly deployed: unknown;
}

export const policyCheck = defineCheck<PolicyState>(
  ({ of }) => `policy of ${of}`,
  READ.tripwire,
  ({ inForce, deployed }) => {
    const todo = "Ask who changed it, and put it back as the role that deploys";
    if (inForce === null) return notOk("there is none", todo);
    const [found, wanted] = [policyDigest(JSON.parse(inForce)), policyDigest(deployed)];
    if (found === wanted) return ok(`as it was deployed (${found})`);
    return notOk(`not as it was deployed (${found} instead of ${wanted})`, todo);
  },
);
