/** What `verify` says of seals, at 80 columns, for somebody who sees such a report for the first time. */
import { sumDays, toRanges } from "../../lambda/archive/day-range.ts";
import type { VerifyReport } from "../../lambda/archive/verify.ts";
import type { Invariant } from "../../lambda/archive/violation.ts";
import { shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { KeyTrust } from "../../lambda/seal/chain.ts";
import { sealKey } from "../../lambda/seal/seal-key.ts";
import type { GapReason } from "../../lambda/seal/text.ts";
import type { SealedGap } from "../../lambda/seal/verify-seals.ts";
import { listDays } from "../day-ranges.ts";
import type { Output } from "../output.ts";
import { opensslCommand } from "../seal/openssl-command.ts";
import { formatCount, plural, wrap } from "../terminal.ts";

type SealTotals = VerifyReport["seals"][number];

/** What there is of the workspace, sealed or not. */
interface Held {
  readonly segments: number;
  readonly events: number;
}

const MAX_LISTED = 10;

const TRUST: Record<KeyTrust, string> = {
  given: "given by you",
  followed: "to which a key given by you handed over",
  vouched: "from which a key given by you took over",
  unknown: "SIGNER UNKNOWN: ask for the public key, and give it with --key",
};

const REASONS: Record<GapReason, string> = {
  "before-first-scan": "before the archiver's first look",
  "source-forgot": "the source had deleted it, or may have",
  "source-refused": "the source refused",
  "scan-incomplete": "it could not be read to its end",
};

/** `broken`: the promises that faults of this workspace break. */
export function saySeals(seals: SealTotals, held: Held, broken: ReadonlySet<Invariant>, output: Output): void {
  const { archiveName, newest } = seals;
  if (archiveName === null || newest === null) return;
  output.say(`  sealed as ${archiveName}`);
  sayCounts(seals, held, broken, output);
  for (const line of gapLines(seals.gaps)) output.say(wrap(`    not looked at: ${line}`, "      "), "bold");
  for (const { keyId, from, to, trust } of seals.keys) {
    if (to < from) continue; // in force, and has signed nothing yet
    const line = `    key ${keyId} signed ${from === to ? `seal ${from}` : `seals ${from} to ${to}`}: ${TRUST[trust]}`;
    output.say(wrap(line, "      "), trust === "unknown" ? "bold" : undefined);
  }
  sayStamps(seals, output);
  output.say("    newest seal, to be written down and given as --expect another time:");
  output.say(`      ${newest.number}:${newest.sha256}`);
}

function sayCounts(seals: SealTotals, held: Held, broken: ReadonlySet<Invariant>, output: Output): void {
  const { firstDay, lastDay } = seals;
  const days = firstDay === null || lastDay === null ? 0 : sumDays([{ from: firstDay, to: lastDay }]);
  const isKnown = seals.keys.every(({ trust }) => trust !== "unknown");
  const claim = (invariant: Invariant, what: string, holds: string) =>
    broken.has(invariant) ? `${what}; see the faults below` : `${what}${holds}`;
  const rows: [count: string, text: string, invariant: string][] = [
    [
      formatCount(seals.seals),
      claim("I9", seals.seals === 1 ? "seal" : "seals", isKnown ? ", chained and signed" : ", chained"),
      "I9",
    ],
    [
      outOf(seals.days, days),
      claim("I10", days === 1 ? "day sealed" : "days sealed", days === 0 ? "" : `, ${range(firstDay!, lastDay!)}`),
      "I10",
    ],
  ];
  if (seals.quietDays > 0) rows.push([formatCount(seals.quietDays), "of them without an event", ""]);
  rows.push([
    outOf(seals.lookedDays, days),
    claim("I11", days === 1 ? "day" : "days", " looked at to the end after they had settled"),
    "I11",
  ]);
  if (!broken.has("I10")) {
    rows.push([outOf(seals.segments, held.segments), "segments here are as they were sealed", "I3 I5"]);
    rows.push([outOf(seals.events, held.events), "events here are those that were sealed", "I10"]);
  }
  if (seals.lateDays > 0)
    rows.push([formatCount(seals.lateDays), `${seals.lateDays === 1 ? "day" : "days"} sealed again later`, ""]);
  if (seals.expiredDays > 0)
    rows.push([formatCount(seals.expiredDays), "sealed days whose events are no longer kept", ""]);
  const width = Math.max(...rows.map(([count]) => count.length));
  const textWidth = Math.max(...rows.map(([, text]) => text.length));
  for (const [count, text, invariant] of rows)
    output.say(`    ${count.padStart(width)}  ${text.padEnd(textWidth)}  ${invariant}`.trimEnd());
}

const outOf = (part: number, all: number): string => `${formatCount(part)} of ${formatCount(all)}`;
const range = (from: string, to: string): string => (from === to ? from : `${from} to ${to}`);

/** Whole days that have one reason in one line, and each part of a day in a line of its own. */
function gapLines(gaps: readonly SealedGap[]): string[] {
  const isWholeDay = ({ day, from, until }: SealedGap) =>
    from === startOfDay(day) && until === startOfDay(shiftDay(day, 1));
  const byReason = Map.groupBy(gaps.filter(isWholeDay), ({ reason }) => reason);
  const lines = [...byReason].map(([reason, whole]) => {
    const days = whole.map(({ day }) => day).sort();
    return `${plural(days.length, "whole day")} (${listDays(toRanges(days))}): ${REASONS[reason]}`;
  });
  const parts = gaps.filter((gap) => !isWholeDay(gap));
  for (const { day, from, until, reason, seal } of parts.slice(0, MAX_LISTED))
    lines.push(
      `${day}, ${timeOf(from)} to ${until.startsWith(day) ? timeOf(until) : "24:00:00"}: ${REASONS[reason]} (seal ${seal})`,
    );
  if (parts.length > MAX_LISTED)
    lines.push(`${plural(parts.length - MAX_LISTED, "more part")} of days; --json has all`);
  return lines;
}

const timeOf = (instant: string): string => instant.slice(11, 19);

function sayStamps({ workspace, stamps }: SealTotals, output: Output): void {
  for (const stamp of stamps.slice(-MAX_LISTED)) {
    const at = `${stamp.genTime.slice(0, 10)} ${timeOf(stamp.genTime)} UTC`;
    if (stamp.kind === "good") {
      output.say(wrap(`    time stamp: seal ${stamp.seal} existed on ${at}, says ${stamp.authority}`, "      "));
      continue;
    }
    const line = `    time stamp of seal ${stamp.seal}, of ${at} by ${stamp.authority}, not checked: ${stamp.reason}`;
    output.say(wrap(line, "      "), "bold");
    const files = { stamp: stamp.key, seal: sealKey(workspace, stamp.seal), root: "root.pem" };
    for (const part of opensslCommand(files, stamp.genTime)) output.say(`      ${part}`);
  }
  if (stamps.length > MAX_LISTED)
    output.say(`    ${plural(stamps.length - MAX_LISTED, "older time stamp")}; --json has all`);
}

export function sayUntold({ untold }: VerifyReport, output: Output): void {
  for (const { key, message } of untold.slice(0, MAX_LISTED)) output.say(`  cannot tell  ${key}: ${message}`, "bold");
  if (untold.length > MAX_LISTED)
    output.say(`  and ${formatCount(untold.length - MAX_LISTED)} more that cannot be told`);
}
