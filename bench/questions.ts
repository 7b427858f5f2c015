import { eventsOf } from "../feed/company.ts";
import { DAY_MS } from "../lambda/event/instant.ts";
import type { Bench, Ratio } from "./harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, seconds, withRange } from "./harness/figures.ts";
import { cpuMs, peakBytes, type Runs, rounds, wallMs } from "./harness/rounds.ts";
import { spread, spreadOfRatios } from "./harness/statistics.ts";
import { type ArchivedExtent, archivedCompany, writeArchive } from "./harness/write-archive.ts";

const DAYS = 365;
/** One a day, one an hour, and one every ten minutes. */
const OBJECTS_A_DAY = [1, 24, 144] as const;
const COMMANDS = ["verify", "count", "one actor", "exports"] as const;

/** Measures questions over a whole year at the desk, where the same events are in few objects and in many. */
export const questions: Bench = {
  name: "questions",
  claim: "a question over a year costs little more than checking its bytes, in however many objects they are",
  async run(scale) {
    const events = scale.pick(1_000_000, 2_000);
    const found: Record<(typeof COMMANDS)[number], Runs>[] = [];
    const rows: string[][] = [];
    for (const objects of OBJECTS_A_DAY) {
      scale.note(`questions: writing ${figure(events)} events, ${objects} objects a day`);
      const folder = newFolder();
      const slotMs = DAY_MS / objects;
      const extent = { events, days: scale.pick(DAYS, 4) };
      const segments = await writeArchive(folder, extent, ({ atMs }) => Math.floor(atMs / slotMs));
      const queried = (sql: string) => () => commandLine("query", "--quiet", "--archive", folder, sql);
      const runs = await rounds(scale, {
        verify: () => commandLine("verify", "--quiet", "--archive", folder),
        count: queried("SELECT count(*) FROM events"),
        "one actor": queried(`SELECT created_at, event_type FROM events WHERE actor_gid = '${firstActor(extent)}'`),
        exports: () => commandLine("ask", "exports", "--quiet", "--since", "2000-01-01", "--archive", folder),
      });
      removeFolder(folder);
      found.push(runs);
      for (const name of COMMANDS) {
        rows.push([
          `${name}, ${figure(segments)} objects`,
          withRange(spread(wallMs(runs[name]).map(seconds))),
          withRange(spread(cpuMs(runs[name]).map(seconds))),
          withRange(spread(peakBytes(runs[name]).map(megabytes))),
          withRange(spreadOfRatios(wallMs(runs[name]), wallMs(runs.verify))),
        ]);
      }
    }
    const [few, , many] = found;
    const ratios: Ratio[] = [
      ...COMMANDS.slice(1).map(
        (name): Ratio => ({
          id: `over-verify.${name.replace(" ", "-")}`,
          meaning: `time of ${name} over that of verify, ${OBJECTS_A_DAY.at(-1)} objects a day`,
          value: spreadOfRatios(wallMs(many![name]), wallMs(many!.verify)),
          goal: { is: "at most", bound: 2.5, stretch: 1.5 },
        }),
      ),
      {
        id: "many-over-few",
        meaning: `time of count over ${OBJECTS_A_DAY.at(-1)} objects a day over that over one`,
        value: spreadOfRatios(wallMs(many!.count), wallMs(few!.count)),
      },
    ];
    return {
      ratios,
      tables: [
        {
          title: `${DAYS} days of ${figure(events)} events, from the command line`,
          columns: ["command", "seconds", "CPU seconds", "peak MB", "x verify"],
          rows,
        },
      ],
      notes: ["Each command is a process of its own, so each question reads and checks the whole year again."],
    };
  },
};

/** Who did the first thing that a user did. */
function firstActor(extent: ArchivedExtent): string {
  for (const { line } of eventsOf(archivedCompany(extent))) {
    const { gid } = JSON.parse(line.toString()).actor;
    if (gid !== undefined) return gid;
  }
  throw new Error("no user did anything");
}
