import { sumDays } from "../../lambda/archive/day-range.ts";
import { type StatusReport, status, type WorkspaceStatus } from "../../lambda/archive/status.ts";
import { instantToMs } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { type SealStatus, sealStatus } from "../../lambda/seal/seal-status.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { defineCommand, type Session } from "../command.ts";
import { listDays, MAX_LISTED } from "../day-ranges.ts";
import { EXIT, type ExitCode, highest, misused } from "../exit.ts";
import { openForReading } from "../open.ts";
import {
  type ExpiryOptions,
  type ReadOptions,
  readDays,
  readExpiry,
  withArchive,
  withExpiry,
  withSomeWorkspaces,
  withWindow,
} from "../options.ts";
import { spanLines } from "../span-lines.ts";
import { formatBytes, formatCount, formatDuration, plural, renderTable } from "../terminal.ts";
import { sayUnread, unreadCode } from "../unread.ts";

type StatusOptions = ReadOptions & ExpiryOptions & { readonly days?: true };

export const statusCommand = defineCommand<StatusOptions>(
  (command) =>
    withExpiry(withWindow(withSomeWorkspaces(withArchive(command)), "days")).option(
      "--days",
      "also print one line per day",
    ),
  async (options, session) => {
    const { archive, directory, checkpoints } = await openForReading(options);
    const deps = { archive, clock: session.clock, ...(checkpoints !== null && { checkpoints }) };
    const mayBeExpired = readExpiry(options, session.clock);
    const reports: StatusReport[] = [];
    for (const workspace of options.workspace ?? [undefined]) {
      const range = {
        ...readDays(options, session.clock),
        mayBeExpired,
        isFolder: directory !== null,
        ...(workspace !== undefined && { workspace }),
      };
      reports.push(await status(deps, range, session.signal));
    }
    const sealed = await Promise.all(reports.map((report) => withSeals(report, archive)));
    for (const report of sealed) session.output.record(report);
    const workspaces = sealed.flatMap((report) => report.workspaces);
    if (workspaces.length === 0)
      throw misused("The archive holds nothing for this workspace or window.", "Choose another workspace or window.");
    printReport(workspaces, options, session);
    return highest(sealed.map((report) => reportTrouble(report, session)));
  },
);

type SealedStatus = WorkspaceStatus & { readonly seals: Omit<SealStatus, "faults" | "unread"> };

/** Adds how far each workspace is sealed, and what is wrong with that. */
async function withSeals(report: StatusReport, archive: ArchiveStore) {
  const at = { nowMs: instantToMs(report.at), settledAfterHours: defaultRunSettings.settledAfterHours };
  const workspaces: SealedStatus[] = [];
  const faults = [...report.faults];
  const unread = [...report.unread];
  for (const workspace of report.workspaces) {
    const { faults: wrong, unread: unavailable, ...seals } = await sealStatus(archive, workspace.workspace, at);
    workspaces.push({ ...workspace, seals });
    faults.push(...wrong);
    unread.push(...unavailable);
  }
  return { ...report, workspaces, faults, unread };
}

const COLUMNS = [
  ...["workspace", "first day", "last day"].map((title) => ({ title })),
  ...["days", "events", "segments", "size", "newest event", "days left"].map((title) => ({
    title,
    align: "right" as const,
  })),
];

const DAY_COLUMNS = [
  ...["workspace", "day"].map((title) => ({ title })),
  ...["events", "segments", "size", "newest event"].map((title) => ({ title, align: "right" as const })),
];

function printReport(workspaces: readonly SealedStatus[], { days }: StatusOptions, { output }: Session): void {
  output.say(renderTable(COLUMNS, workspaces.map(workspaceRow)));
  for (const workspace of workspaces)
    for (const remark of remarksOn(workspace)) {
      // What is indented belongs to the line before it.
      output.say(remark.startsWith(" ") ? remark : `${workspace.workspace}: ${remark}`);
    }
  if (days === undefined) return;
  const rows = workspaces.flatMap(({ logs }) =>
    logs.map((log) => [
      log.workspace,
      log.day,
      log.events === null ? "?" : formatCount(log.events),
      formatCount(log.segments),
      formatBytes(log.storedBytes),
      log.newest ?? "",
    ]),
  );
  output.say(`\n${renderTable(DAY_COLUMNS, rows)}`);
}

const workspaceRow = (of: WorkspaceStatus): string[] => [
  of.workspace,
  of.firstDay ?? "",
  of.lastDay ?? "",
  formatCount(of.days),
  formatCount(of.events),
  formatCount(of.segments),
  formatBytes(of.storedBytes),
  of.newestAgeMs === null ? "" : `${formatDuration(of.newestAgeMs)} ago`,
  of.daysLeft === null ? "" : String(Math.floor(of.daysLeft)),
];

function* remarksOn(of: SealedStatus): Generator<string> {
  yield* sealRemarks(of.seals);
  const { quiet, unasked, ahead, missing, expired, odd, daysLeft, watermark, spans } = of;
  const looked = quiet.filter(({ from, to }) => !unasked.some((days) => days.from <= to && from <= days.to));
  if (looked.length > 0) {
    yield `${plural(sumDays(looked), "day")} showed no events when a drain looked, or lost them since (${listDays(looked)})`;
  }
  if (unasked.length > 0) {
    yield `${plural(sumDays(unasked), "day")} without events that no drain is known to have looked at (${listDays(unasked)})`;
  }
  if (ahead.length > 0) yield `events dated ahead of this clock, on ${ahead.slice(0, MAX_LISTED).join(", ")}`;
  if (expired.length > 0) yield `the first segments of ${expired.join(", ")} have expired, but are still counted here`;
  if (missing.length > 0) yield `segments are missing on ${missing.join(", ")}`;
  if (odd !== null)
    yield `${plural(odd.events ?? 0, "event")} without a valid created_at, under the odd day ${odd.day}`;
  if (spans !== null) yield* spanLines(watermark, spans);
  if (daysLeft === 0) yield "the source may have deleted events that are not archived";
}

function* sealRemarks({ newest, lastDay, unsealed, holdsUnsealed }: SealedStatus["seals"]): Generator<string> {
  if (newest === null) return;
  const until = lastDay === null ? "sealed" : `every day up to ${lastDay} is sealed`;
  yield `${until}; the newest seal is number ${newest.number}, of ${newest.sealed}`;
  if (unsealed === null) return;
  const since = `${plural(sumDays([unsealed]), "settled day")} not sealed (${listDays([unsealed])})`;
  yield holdsUnsealed ? since : `${since}: no event of them is held, and nobody has looked`;
}

function reportTrouble({ faults, unread, unlistedVersions }: StatusReport, { output }: Session): ExitCode {
  if (unlistedVersions !== null) output.say(`Delete markers would not be seen here: ${unlistedVersions}`);
  for (const { invariant, key, message } of faults) output.say(`  ${invariant}  ${key}: ${message}`, "red");
  sayUnread(unread, output);
  if (faults.length > 0) output.say("Run verify for a complete list.");
  return highest([unreadCode(unread), faults.length > 0 ? EXIT.checkFailed : EXIT.done]);
}
