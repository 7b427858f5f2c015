import { findEveryWorkspace } from "../../lambda/archive/inventory.ts";
import { type VerifyProgress, type VerifyReport, verify } from "../../lambda/archive/verify.ts";
import { INVARIANTS } from "../../lambda/archive/violation.ts";
import { shiftDay } from "../../lambda/event/instant.ts";
import type { Clock } from "../../lambda/ports.ts";
import { KEYS_PREFIX } from "../../lambda/seal/seal-key.ts";
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
import type { Output } from "../output.ts";
import { formatBytes, formatCount, plural, wrap, wrapBeside } from "../terminal.ts";
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
          )}\n\nExit code 1: faults were found, in one workspace at least. 2: there was nothing to\nverify, or something is left that only a key or a note kept elsewhere can tell.`,
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
    if (trust.expected.length > 0) {
      const workspaces = options.workspace ?? (await findEveryWorkspace(archive));
      if (workspaces.length > 1)
        throw misused("--expect is about the seals of one workspace.", "Name it with --workspace.");
    }
    const codes: ExitCode[] = [];
    for (const workspace of options.workspace ?? [undefined]) {
      const onProgress = showProgress(session);
      const one = { ...range, trust, ...(workspace !== undefined && { workspace }), onProgress };
      const report = await verify(deps, one, session.signal);
      session.progress.clear();
      printReport(report, asked, session);
      codes.push(report.outcome === "unread" ? unreadCode(report.unread) : CODES[report.outcome]);
    }
    // A fault that was found is one, whatever could not be told of another workspace.
    return codes.includes(EXIT.checkFailed) ? EXIT.checkFailed : highest(codes);
  },
);

const CODES = {
  clean: EXIT.done,
  faulty: EXIT.checkFailed,
  untold: EXIT.misused,
  nothing: EXIT.misused,
} as const satisfies Record<Exclude<VerifyReport["outcome"], "unread">, ExitCode>;

const WORDS: Record<VerifyReport["outcome"], string> = {
  clean: "GOOD",
  faulty: "BAD",
  untold: "CANNOT TELL",
  nothing: "CANNOT TELL",
  unread: "CANNOT TELL",
};

/** The sum is never better than its worst part. */
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
  return (at) => {
    const { storedBytes, totalBytes } = at;
    progress.show(totalBytes === 0 ? 1 : storedBytes / totalBytes, () => {
      const { events, faults } = at;
      return `${formatCount(events)} events${faults === 0 ? "" : `, ${plural(faults, "fault")}`}`;
    });
  };
}

function printReport(report: VerifyReport, asked: ReturnType<typeof readRange>, { output }: Session): void {
  output.record(report);
  const workspaces = new Set([...report.workspaces, ...report.seals].map(({ workspace }) => workspace));
  for (const workspace of workspaces) sayWorkspace(workspace, report, asked, output);
  for (const { invariant, key, line, message } of report.faults) {
    output.say(`  ${invariant}  ${key}${line === undefined ? "" : ` line ${line}`}: ${message}`, "red");
  }
  const more = report.faultCount - report.faults.length;
  if (more > 0) output.say(`  and ${plural(more, "more fault")} in the same logs`);
  sayUntold(report, output);
  sayUnread(report.unread, output);
  sayStrays(report, output);
  if (report.faultCount > 0) output.say(`${plural(report.faultCount, "fault")}.`, "red");
  // Of an archive that nobody signed it is too early for such a word.
  const word = report.seals.length === 0 ? "" : `${WORDS[report.outcome]}  `;
  output.say(wrapBeside(word, VERDICTS[report.outcome]));
  if (report.outcome !== "nothing") {
    output.say("\nWhat no check of an archive alone can show:");
    for (const line of report.notShown) output.say(wrap(`  ${line}`, "      "));
  }
}

function sayWorkspace(
  workspace: string,
  report: VerifyReport,
  asked: ReturnType<typeof readRange>,
  output: Output,
): void {
  const totals = report.workspaces.find((one) => one.workspace === workspace);
  const seals = report.seals.find((one) => one.workspace === workspace);
  if (totals === undefined) output.say(`${workspace}: no events`);
  else {
    const { firstDay, lastDay } = totals;
    const days = firstDay === null ? "" : ` (${firstDay} to ${lastDay})`;
    const segments = `${plural(totals.segments, "segment")} (${formatBytes(totals.storedBytes)})`;
    output.say(`${workspace}: ${plural(totals.days, "day")}${days}, ${plural(totals.events, "event")} in ${segments}`);
  }
  if (asked.from !== undefined || asked.to !== undefined) {
    output.say(
      `  asked for: ${asked.from ?? "the first day"} to ${asked.to === undefined ? "the last day" : shiftDay(asked.to, -1)}`,
    );
  }
  // That a sealed day was quiet, its seal says.
  const empty = (totals?.empty ?? []).filter(({ from, to }) => !isSealed(seals, from, to));
  if (empty.length > 0) output.say(`  without events here (quiet, or removed): ${listDays(empty)}`);
  const own = report.faults.filter(
    ({ key }) => key.includes(`/workspace=${workspace}/`) || key.startsWith(KEYS_PREFIX),
  );
  const broken = new Set(own.map(({ invariant }) => invariant));
  if (seals !== undefined) saySeals(seals, totals ?? { segments: 0, events: 0 }, broken, output);
}

const isSealed = (seals: VerifyReport["seals"][number] | undefined, from: string, to: string): boolean =>
  seals !== undefined &&
  seals.firstDay !== null &&
  seals.lastDay !== null &&
  seals.firstDay <= from &&
  to <= seals.lastDay;
