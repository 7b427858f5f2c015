import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import { readDurationMs } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, type ExitCode, highest, misused } from "../exit.ts";
import {
  readRunSettings,
  readWindow,
  type WindowOptions,
  type WorkspaceOptions,
  withArchive,
  withRunSettings,
  withWindow,
  withWorkspaces,
} from "../options.ts";
import { type ArchivingOptions, createRunner, type Perform, type Runner } from "../run.ts";
import { withSource } from "../source.ts";

type DrainOptions = ArchivingOptions & WorkspaceOptions & WindowOptions & { readonly every?: number };

/** How often `--every` runs the due rescans: as often as the schedule on AWS. */
const RESCAN_EVERY_MS = 3_600_000;

export const drainCommand = defineCommand<DrainOptions>(
  "drain",
  "archive all new events",
  (command) => {
    withRunSettings(withSource(withArchive(withWorkspaces(command))));
    return withWindow(command, "only events").option(
      "--every <duration>",
      "keep running: repeat at this interval, and do the due rescans every hour",
      readDurationMs,
    );
  },
  async (options, session) => {
    const { workspace: workspaces, every } = options;
    const window = readWindow(options);
    const settings = readRunSettings(options);
    if (every !== undefined && window !== null) {
      throw misused("--every cannot be combined with a window.", "Omit either --every, or --from and --to.");
    }
    const run = await createRunner(options, session);
    const perform: Perform = (deps, workspace) =>
      window === null
        ? drain(deps, { workspace, settings }, session.signal)
        : rescan(deps, { workspace, settings, what: { kind: "window", ...window } }, session.signal);
    if (every === undefined) {
      return highest(await inTurn(workspaces, (workspace) => run(workspace, perform, window ?? undefined)));
    }
    const rescanDue: Perform = (deps, workspace) =>
      rescan(deps, { workspace, settings, what: { kind: "due" } }, session.signal);
    return await stay(run, perform, rescanDue, workspaces, every, session);
  },
);

/** One after the other. A failed run does not prevent the others. */
async function inTurn<Result>(
  workspaces: readonly string[],
  act: (workspace: string) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const workspace of workspaces) results.push(await act(workspace));
  return results;
}

/**
 * Repeats until it is interrupted, which is its normal end. Temporary failures are retried at the next interval. A workspace
 * whose failure needs somebody's attention is skipped from then on; when none is left, the command ends.
 */
async function stay(
  run: Runner,
  drainOnce: Perform,
  rescanDue: Perform,
  workspaces: readonly string[],
  everyMs: number,
  session: Session,
): Promise<ExitCode> {
  const codes = new Map<string, ExitCode>();
  const isAlive = (workspace: string) => !needsSomebody(codes.get(workspace) ?? EXIT.done);
  let rescannedAtMs = Number.NEGATIVE_INFINITY;
  try {
    while (workspaces.some(isAlive) && !session.signal.aborted) {
      const startedAtMs = session.clock.now();
      const isRescanDue = startedAtMs - rescannedAtMs >= RESCAN_EVERY_MS;
      if (isRescanDue) rescannedAtMs = startedAtMs;
      for (const workspace of workspaces.filter(isAlive)) {
        codes.set(workspace, await run(workspace, drainOnce));
        if (isRescanDue && isAlive(workspace)) codes.set(workspace, await run(workspace, rescanDue));
        if (!isAlive(workspace))
          session.output.note(`${workspace}: skipped from now on. Fix the error above, then start again.`);
      }
      if (workspaces.some(isAlive))
        await session.clock.sleep(Math.max(0, startedAtMs + everyMs - session.clock.now()), session.signal);
    }
  } catch (error) {
    if (!session.signal.aborted) throw error;
  }
  return highest([...codes.values()].filter(needsSomebody));
}

const needsSomebody = (code: ExitCode): boolean =>
  code === EXIT.misused || code === EXIT.refused || code === EXIT.halted;
