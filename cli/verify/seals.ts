/** What `verify` says of seals. */
import type { VerifyReport } from "../../lambda/archive/verify.ts";
import type { KeyTrust } from "../../lambda/seal/chain.ts";
import type { Output } from "../output.ts";
import { formatCount, plural } from "../terminal.ts";

type SealTotals = VerifyReport["seals"][number];

const MAX_LISTED = 10;

const TRUST: Record<KeyTrust, string> = {
  given: "given by you",
  followed: "to which a key given by you handed over",
  vouched: "from which a key given by you took over",
  unknown: "signer unknown: give its public key with --key",
};

export function saySeals(seals: SealTotals, output: Output): void {
  const { archiveName, newest } = seals;
  if (archiveName === null || newest === null) return;
  const days = seals.firstDay === null ? "" : ` (${seals.firstDay} to ${seals.lastDay})`;
  output.say(`  sealed by ${archiveName} in ${plural(seals.seals, "seal")}:`);
  output.say(`    ${plural(seals.days, "day")}${days}, ${formatCount(seals.quietDays)} of them quiet`);
  output.say(`    ${plural(seals.lookedDays, "day")} looked at to the end after they had settled`);
  output.say(`    ${plural(seals.events, "event")} in ${plural(seals.segments, "segment")}, equal to the sealed roots`);
  if (seals.lateDays > 0)
    output.say(`    ${plural(seals.lateDays, "day")} sealed again, for what came late or was looked at later`);
  if (seals.expiredDays > 0) output.say(`    ${plural(seals.expiredDays, "day")} whose events are no longer kept`);
  for (const { day, from, until, reason, seal } of seals.gaps.slice(0, MAX_LISTED))
    output.say(`    not looked at: ${from} to ${until} of ${day} (${reason}, says seal ${seal})`, "bold");
  if (seals.gaps.length > MAX_LISTED)
    output.say(`    not looked at: ${plural(seals.gaps.length - MAX_LISTED, "more part")}`, "bold");
  for (const { keyId, from, to, trust } of seals.keys) {
    const which = from === to ? `seal ${from}` : `seals ${from} to ${to}`;
    output.say(`    ${which}: key ${keyId}, ${TRUST[trust]}`, trust === "unknown" ? "bold" : undefined);
  }
  for (const stamp of seals.stamps.slice(-MAX_LISTED)) {
    const who = stamp.kind === "good" ? stamp.authority : `${stamp.authority}, not checked: ${stamp.reason}`;
    output.say(`    seal ${stamp.seal} existed at ${stamp.genTime} (${who})`);
  }
  output.say(`    newest seal: ${newest.number}:${newest.sha256}`);
  output.say("    (write it down: with --expect, it shows later whether seals were taken away)");
}

export function sayUntold({ untold }: VerifyReport, output: Output): void {
  for (const { key, message } of untold.slice(0, MAX_LISTED)) output.say(`  cannot tell  ${key}: ${message}`, "bold");
  if (untold.length > MAX_LISTED)
    output.say(`  and ${formatCount(untold.length - MAX_LISTED)} more that cannot be told`);
}
