import { type RescanWhat, rescan } from "../../lambda/drain/rescan.ts";
import { msToInstant, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { Clock } from "../../lambda/ports.ts";
import { readDay, readDurationMs } from "../arguments.ts";
import type { Window } from "../beyond-source.ts";
import { defineCommand } from "../command.ts";
import { type ExitCode, highest, misused } from "../exit.ts";
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
import { type ArchivingOptions, createRunner, type Perform } from "../run.ts";
import { withSource } from "../source.ts";

interface RescanChoice extends WindowOptions {
  readonly last?: number;
  readonly day?: string;
  readonly settled?: true;
}

export const rescanCommand = defineCommand<ArchivingOptions & WorkspaceOptions & RescanChoice>(
  (command) => {
    withRunSettings(withSource(withArchive(withWorkspaces(command))))
      .option("--last <duration>", "the time up to now, for example 1h", readDurationMs)
      .option("--day <date>", "one day", readDay)
      .option(
        "--settled",
        "everything that is due: the last hour, settled days, and days that the source is about to delete",
      );
    return withWindow(command, "events");
  },
  async (options, session) => {
    const what = readChoice(options, session.clock);
    const settings = readRunSettings(options);
    const run = await createRunner(options, session);
    const codes: ExitCode[] = [];
    for (const workspace of options.workspace) {
      const perform: Perform = (deps) => rescan(deps, { workspace, settings, what }, session.signal);
      codes.push(await run(workspace, perform, windowOf(what, session.clock)));
    }
    return highest(codes);
  },
);

/** Undefined where nobody asked for a window. */
function windowOf(what: RescanWhat, { now }: Pick<Clock, "now">): Window | undefined {
  if (what.kind === "window") return what;
  return what.kind === "last" ? { startAt: msToInstant(now() - what.ms), endAt: null } : undefined;
}

function readChoice(options: RescanChoice, clock: Pick<Clock, "now">): RescanWhat {
  const { last, day, settled } = options;
  const window = readWindow(options, clock);
  const choices: RescanWhat[] = [];
  if (last !== undefined) choices.push({ kind: "last", ms: last });
  if (day !== undefined)
    choices.push({ kind: "window", startAt: startOfDay(day), endAt: startOfDay(shiftDay(day, 1)) });
  if (settled !== undefined) choices.push({ kind: "due" });
  if (window !== null) choices.push({ kind: "window", ...window });
  if (choices.length === 1) return choices[0]!;
  throw misused("A rescan takes exactly one window.", "Give one of --last, --day, --settled, or --since and --until.");
}
