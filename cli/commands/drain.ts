import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import { readDurationMs } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { highest, misused } from "../exit.ts";
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
import { repeat } from "../repeat.ts";
import { type ArchivingOptions, createRunner, type Perform } from "../run.ts";
import { withSource } from "../source.ts";
import { formatLocalTime } from "../terminal.ts";

type DrainOptions = ArchivingOptions & WorkspaceOptions & WindowOptions & { readonly every?: number };

export const drainCommand = defineCommand<DrainOptions>(
  (command) => {
    withRunSettings(withSource(withArchive(withWorkspaces(command))));
    return withWindow(command, "only events").option(
      "--every <duration>",
      "keep running: repeat at this interval, whatever a run ends with, and do the due rescans every hour",
      readDurationMs,
    );
  },
  async (options, session) => {
    const { workspace: workspaces, every } = options;
    const window = readWindow(options, session.clock);
    const settings = readRunSettings(options);
    if (every !== undefined && window !== null) {
      throw misused("--every cannot be combined with a window.", "Omit either --every, or --since and --until.");
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
    const { clock, output, signal } = session;
    const works = workspaces.map((workspace) => ({
      workspace,
      drain: () => run(workspace, perform),
      rescan: () => run(workspace, rescanDue),
    }));
    output.stampLines(() => formatLocalTime(clock.now()));
    return await repeat(works, every, clock, output.summary, signal);
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
