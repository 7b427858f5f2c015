import { findEveryWorkspace } from "../../lambda/archive/inventory.ts";
import { type VerifyProgress, type VerifyReport, verify } from "../../lambda/archive/verify.ts";
import { INVARIANTS } from "../../lambda/archive/violation.ts";
import { shiftDay } from "../../lambda/event/instant.ts";
import type { Clock } from "../../lambda/ports.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { readDay, readInteger } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { listDays } from "../day-ranges.ts";
import { EXIT, type ExitCode, highest, misused } from "../exit.ts";
import { openForReading } from "../open.ts";
import {
  daysFrom,
  type ExpiryOptions,
  type ReadOptions,
  readDays,
  readExpiry,
  withArchive,
  withExpiry,
  withSomeWorkspaces,
  withWindow,
} from "../options.ts";
import { formatBytes, formatCount, plural } from "../terminal.ts";
import { sayUnread, unreadCode } from "../unread.ts";
import { readTrust, type TrustOptions, withTrust } from "../verify/seal-trust.ts";
import { saySeals, sayUntold } from "../verify/seals.ts";
import { sayStrays } from "../verify/strays.ts";
import { openThreads, usualThreads } from "../verify/threads.ts";

type VerifyOptions = ReadOptions & ExpiryOptions & TrustOptions & { readonly day?: string; readonly threads?: number };

const MAX_THREADS = 256;

export const verifyCommand = defineCommand<VerifyOptions>(
  (command) =>
    withTrust(withExpiry(withWindow(withSomeWorkspaces(withArchive(command)), "days")))
      .option("--day <date>", "only this day", readDay)
      .option("--threads <number>", "threads that read (default: one per CPU)", readInteger(1, MAX_THREADS))
      .addHelpText(
        "after",
        `\nFaults are named after the invariant that they break:\n${Object.entries(INVARIANTS)
          .map(([name, meaning]) => `  ${name}  ${meaning}`)
          .join(
            "\n",
          )}\n\nExit code 1: faults were found. 2: there was nothing to verify, or something that only a key or a note kept elsewhere can tell.`,
      ),
  async (options, session) => {
    const { archive, directory, checkpoints } = await openForReading(options, "check");
    const openReaders = (total: VerifyProgress) => {
      const count = options.threads ?? usualThreads(total);
      return count === 1 ? null : openThreads(options.archive, count, session.signal);
    };
    const deps = { archive, codec: createStreamingCodec(), openReaders, ...(checkpoints !== null && { checkpoints }) };
    const asked = readRange(options, session.clock);
    const range = {
      ...asked,
      mayBeExpired: readExpiry(options, session.clock),
      isFolder: directory !== null,
    };
    const trust = await readTrust(options);
    const found = options.workspace ?? (await findEveryWorkspace(archive));
    if (trust.expected.length > 0 && found.length > 1)
      throw misused("--expect is about the seals of one workspace.", "Name it with --workspace.");
    const codes: ExitCode[] = [];
    for (const workspace of options.workspace ?? [undefined]) {
      const onProgress = showProgress(session);
      const one = { ...range, trust, ...(workspace !== undefined && { workspace }), onProgress };
      const report = await verify(deps, one, session.signal);
      session.progress.clear();
      printReport(report, asked, session);
      codes.push(report.outcome === "unread" ? unreadCode(report.unread) : CODES[report.outcome]);
    }
    return highest(codes);
  },
);

const CODES = {
  clean: EXIT.done,
  faulty: EXIT.checkFailed,
  untold: EXIT.misused,
  nothing: EXIT.misused,
} as const satisfies Record<Exclude<VerifyReport["outcome"], "unread">, ExitCode>;

const VERDICTS: Record<VerifyReport["outcome"], string> = {
  clean: "No faults found in what is here.",
  faulty: "Keep the archive as it is and find out who changed it. A copy or the source may still have what is damaged.",
  untold: "No faults found, but not everything could be told: what would tell is named above.",
  nothing: "There is nothing to verify in this range.",
  unread: "No faults found, but not everything could be read: run verify again.",
};

function readRange(
  options: VerifyOptions,
  clock: Pick<Clock, "now">,
): { readonly from?: string; readonly to?: string } {
  if (options.day === undefined) return readDays(options, clock);
  if (options.since !== undefined || options.until !== undefined) {
    throw misused("--day cannot be combined with --since and --until.", "Give either --day, or --since and --until.");
  }
  return daysFrom(options.day, shiftDay(options.day, 1));
}

function showProgress({ progress }: Session): (at: VerifyProgress) => void {
  return ({ storedBytes, totalBytes, events, faults }) => {
    const text = `${formatCount(events)} events${faults === 0 ? "" : `, ${plural(faults, "fault")}`}`;
    progress.show(totalBytes === 0 ? 1 : storedBytes / totalBytes, text);
  };
}

function printReport(report: VerifyReport, asked: ReturnType<typeof readRange>, { output }: Session): void {
  output.record(report);
  for (const { workspace, firstDay, lastDay, empty, ...totals } of report.workspaces) {
    const days = firstDay === null ? "" : ` (${firstDay} to ${lastDay})`;
    const segments = `${plural(totals.segments, "segment")} (${formatBytes(totals.storedBytes)})`;
    output.say(`${workspace}: ${plural(totals.days, "day")}${days}, ${plural(totals.events, "event")} in ${segments}`);
    if (asked.from !== undefined || asked.to !== undefined) {
      output.say(
        `  asked for: ${asked.from ?? "the first day"} to ${asked.to === undefined ? "the last day" : shiftDay(asked.to, -1)}`,
      );
    }
    if (empty.length > 0) output.say(`  without events here (quiet, or removed): ${listDays(empty)}`);
    const seals = report.seals.find((one) => one.workspace === workspace);
    if (seals !== undefined) saySeals(seals, output);
  }
  for (const seals of report.seals) {
    if (report.workspaces.some(({ workspace }) => workspace === seals.workspace)) continue;
    output.say(`${seals.workspace}: no events`);
    saySeals(seals, output);
  }
  for (const { invariant, key, line, message } of report.faults) {
    output.say(`  ${invariant}  ${key}${line === undefined ? "" : ` line ${line}`}: ${message}`, "red");
  }
  const more = report.faultCount - report.faults.length;
  if (more > 0) output.say(`  and ${plural(more, "more fault")} in the same logs`);
  sayUntold(report, output);
  sayUnread(report.unread, output);
  sayStrays(report, output);
  if (report.faultCount > 0) output.say(`${plural(report.faultCount, "fault")}.`, "red");
  output.say(VERDICTS[report.outcome]);
  if (report.outcome !== "nothing") {
    output.say(
      `\nWhat no check of an archive alone can show:\n${report.notShown.map((line) => `  ${line}`).join("\n")}`,
    );
  }
}
