/** What `drain` and `rescan` share: running one workspace, with progress and a final report. */
import { randomUUID } from "node:crypto";
import type { RunReport } from "../lambda/drain/report.ts";
import type { RunDeps } from "../lambda/drain/run.ts";
import { msToInstant } from "../lambda/event/instant.ts";
import { createStreamingCodec } from "../lambda/segment/codec.ts";
import { beyondSource, type Window } from "./beyond-source.ts";
import type { Session } from "./command.ts";
import { EXIT, type ExitCode, exitCodeOf, type Interrupted, toArchiverError } from "./exit.ts";
import { openForWriting, type PlaceOptions } from "./open.ts";
import { createRunProgress } from "./run-progress.ts";
import { openSources, type SourceOptions } from "./source.ts";
import { formatBytes, formatDuration, plural } from "./terminal.ts";
import { version } from "./version.ts";

export type ArchivingOptions = PlaceOptions & SourceOptions;

/** One run of the core; `drain` or `rescan`, bound to its options. */
export type Perform = (deps: RunDeps, workspace: string) => Promise<RunReport>;

/**
 * Runs one workspace and prints its report. Errors are printed and become exit codes; an interruption is thrown. `asked`: the
 * window that somebody asked for, of which the source may be able to show only a part.
 */
export type Runner = (workspace: string, perform: Perform, asked?: Window) => Promise<ExitCode>;

export async function createRunner(options: ArchivingOptions, session: Session): Promise<Runner> {
  const { output, progress, signal } = session;
  const openNext = openSources(options, session);
  const places = await openForWriting(options, session.log);
  const codec = createStreamingCodec();
  return async (workspace, perform, asked) => {
    const { clock, log } = session;
    const { onProgress, onWait } = createRunProgress(progress, clock, workspace);
    const source = openNext(onWait);
    const run = { source, ...places, clock, log, codec, writer: version, runId: randomUUID(), onProgress };
    try {
      const report = await perform(run, workspace);
      progress.clear();
      const now = report.servedAt ?? msToInstant(clock.now());
      const beyond = asked === undefined ? null : beyondSource(asked, now, report.events);
      output.record(report);
      output.say(`${workspace}: ${summary(report)}`);
      for (const remark of remarks(report)) output.note(`  ${remark}`);
      if (beyond !== null) output.note(`  ${beyond}`);
      return report.outcome === "out-of-time" && signal.aborted ? (signal.reason as Interrupted).exitCode : EXIT.done;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const known = toArchiverError(error);
      output.fail(known, workspace);
      return exitCodeOf(known.kind);
    }
  };
}

function summary(report: RunReport): string {
  const state = report.outcome === "caught-up" ? "caught up" : "stopped early; the next run continues";
  if (report.archived === 0) return `${state}, nothing new`;
  const segments = `${plural(report.segments, "segment")} (${formatBytes(report.bytes)})`;
  return `${state}, ${plural(report.archived, "event")} archived in ${segments}`;
}

/** Remarks about whatever is unusual in a report. */
export function* remarks(report: RunReport): Generator<string> {
  if (report.late > 0) {
    yield `${plural(report.late, "event")} became visible late, by up to ${formatDuration(report.latestMs)}`;
  }
  if (report.odd > 0) yield `${plural(report.odd, "event")} without a valid created_at, archived under the odd day`;
  if (report.ahead > 0) yield `${plural(report.ahead, "event")} dated ahead of the source's clock`;
  if (report.conflicts > 0) {
    yield `${plural(report.conflicts, "event")} came with content other than what is archived; the archive keeps the first version`;
  }
  if (report.gone > 0) {
    yield `${plural(report.gone, "archived event")} no longer shown by the source; the archive keeps them`;
  }
  if (report.doubted > 0) {
    yield `${plural(report.doubted, "span")} showed nothing, or less than is archived; a run reads them again in an hour`;
  }
  if (report.unreadable > 0) {
    yield `${plural(report.unreadable, "span")} could not be read in three runs in a row; everything else is archived`;
  }
  if (report.lost > 0) {
    yield `${plural(report.lost, "span")} deleted by the source before being read`;
  }
  if (report.blankRuns > 0) {
    yield `the source has shown no events for ${plural(report.blankRuns, "run")} in a row, although it showed some before`;
  }
}
