import { status } from "../lambda/archive/status.ts";
import { DAY_MS, msToInstant } from "../lambda/event/instant.ts";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import type { Bench, Ratio, Scale, Spread } from "./harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, seconds, withRange } from "./harness/figures.ts";
import { NOW_MS } from "./harness/now.ts";
import { cpuMs, peakBytes, rounds, wallMs } from "./harness/rounds.ts";
import { exactly, spread, spreadOfRatios } from "./harness/statistics.ts";
import { writeArchive } from "./harness/write-archive.ts";
import { countedArchive, noCounts } from "./requests/counted-ports.ts";

const DAYS = 90;
const SEGMENTS_A_DAY = 288;
/** A year that is polled every ten minutes, and the same events with one object a day. */
const YEAR = { days: 365, often: 144, rarely: 1 };
const QUESTION = `SELECT count(*) FROM events WHERE dt = '${msToInstant(NOW_MS - 5 * DAY_MS).slice(0, 10)}'`;

/** Measures an archive as a run every five minutes would make it. */
export const verify: Bench = {
  name: "verify",
  claim: "verifying takes at most a minute per million events, and status reads manifests alone",
  async run(scale) {
    const sizes = scale.pick([100_000, 1_000_000, 10_000_000], [500, 1_000, 2_000]);
    const rows: string[][] = [];
    const peaks: number[][] = [];
    const speedUps: Spread[] = [];
    const verifySeconds: Spread[] = [];
    let counts = noCounts();
    let querySeconds = exactly(0);
    let segments = 0;
    for (const events of sizes) {
      scale.note(`verify: writing ${figure(events)} events`);
      const folder = newFolder();
      const spanMs = DAY_MS / scale.pick(SEGMENTS_A_DAY, 4);
      segments = await writeArchive(folder, { events, days: DAYS }, ({ atMs }) => Math.floor(atMs / spanMs));
      scale.note(`verify: ${figure(events)} events`);
      const runs = await rounds(scale, {
        verify: () => commandLine("verify", "--quiet", "--archive", folder),
        "verify by one thread": () => commandLine("verify", "--quiet", "--threads", "1", "--archive", folder),
        status: () => commandLine("status", "--json", "--archive", folder),
        "query of one day": () => commandLine("query", "--quiet", "--archive", folder, QUESTION),
      });
      counts = noCounts();
      await status(
        { archive: countedArchive(createDirectoryArchive(folder), counts), clock: { now: () => NOW_MS } },
        {},
      );
      removeFolder(folder);
      peaks.push(peakBytes(runs.verify));
      speedUps.push(spreadOfRatios(wallMs(runs["verify by one thread"]), wallMs(runs.verify)));
      verifySeconds.push(spread(wallMs(runs.verify).map(seconds)));
      querySeconds = spread(wallMs(runs["query of one day"]).map(seconds));
      for (const [name, ofCommand] of Object.entries(runs)) {
        rows.push([
          `${name}, ${figure(events)} events in ${figure(segments)} segments`,
          withRange(spread(wallMs(ofCommand).map(seconds))),
          withRange(spread(cpuMs(ofCommand).map(seconds))),
          withRange(spread(peakBytes(ofCommand).map(megabytes))),
        ]);
      }
    }
    const year = await verifyYear(scale);
    rows.push(...year.rows);
    const [small, middle, large] = sizes.map(figure);
    const ratios: Ratio[] = [
      {
        id: "million",
        meaning: `seconds to verify ${middle} events`,
        value: verifySeconds[1]!,
        goal: { is: "at most", bound: 60, stretch: 30 },
        unit: " s",
        isAbsolute: true,
      },
      {
        id: "flat",
        meaning: `memory of verify at ${middle} events over that at ${small}`,
        value: spreadOfRatios(peaks[1]!, peaks[0]!),
        goal: { is: "at most", bound: 1.5, stretch: 1.2 },
      },
      {
        id: "flat.large",
        meaning: `memory of verify at ${large} events over that at ${middle}`,
        value: spreadOfRatios(peaks[2]!, peaks[1]!),
      },
      {
        id: "threads",
        meaning: `speed of verify by one thread per CPU over one thread's, ${large} events`,
        value: speedUps[2]!,
        unit: "x",
      },
      {
        id: "objects",
        meaning: `seconds to verify a year of ${figure(year.events)} events in ${figure(year.often)} objects over those in ${figure(year.rarely)}`,
        value: year.ratio,
        goal: { is: "at most", bound: 2, stretch: 1.3 },
      },
      {
        id: "status-gets",
        meaning: "reads of `status` over the number of day logs",
        value: exactly(counts.gets / DAYS),
        goal: { is: "at most", bound: 1.02, stretch: 1.02 },
      },
      {
        id: "query-day",
        meaning: `seconds of a query of one day, of 90 with ${large} events`,
        value: querySeconds,
        unit: " s",
        isAbsolute: true,
      },
    ];
    return {
      ratios,
      tables: [
        {
          title: `90 days of ${SEGMENTS_A_DAY} segments, from the command line`,
          columns: ["command", "seconds", "CPU seconds", "peak MB"],
          rows,
        },
      ],
      notes: [
        `\`status\` made ${counts.lists} list requests (1,000 keys each) and ${counts.gets} ranged reads of manifests; no content is read.`,
        "Verify keeps eight bytes per event to find duplicates across all days: the one part of it that grows. Each thread adds memory of its own, once.",
      ],
    };
  },
};

/** How much it costs that the same events lie in many small objects. */
async function verifyYear(scale: Scale) {
  const events = scale.pick(1_000_000, 2_000);
  const folders = { often: newFolder(), rarely: newFolder() };
  const write = async (folder: string, aDay: number) => {
    scale.note(`verify: writing ${figure(events)} events, up to ${aDay} objects a day`);
    return await writeArchive(folder, { events, days: scale.pick(YEAR.days, 5) }, ({ atMs }) =>
      Math.floor(atMs / (DAY_MS / aDay)),
    );
  };
  const often = await write(folders.often, YEAR.often);
  const rarely = await write(folders.rarely, YEAR.rarely);
  const runs = await rounds(scale, {
    often: () => commandLine("verify", "--quiet", "--archive", folders.often),
    rarely: () => commandLine("verify", "--quiet", "--archive", folders.rarely),
  });
  for (const folder of Object.values(folders)) removeFolder(folder);
  const rowOf = (ofCommand: typeof runs.often, objects: number) => [
    `verify, ${figure(events)} events in ${figure(objects)} segments of a year`,
    withRange(spread(wallMs(ofCommand).map(seconds))),
    withRange(spread(cpuMs(ofCommand).map(seconds))),
    withRange(spread(peakBytes(ofCommand).map(megabytes))),
  ];
  return {
    events,
    often,
    rarely,
    rows: [rowOf(runs.often, often), rowOf(runs.rarely, rarely)],
    ratio: spreadOfRatios(wallMs(runs.often), wallMs(runs.rarely)),
  };
}
