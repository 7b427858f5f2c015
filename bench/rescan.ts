import type { Bench } from "./harness/bench.ts";
import { newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, seconds, withRange } from "./harness/figures.ts";
import { measure } from "./harness/processes.ts";
import { cpuMs, rounds, wallMs } from "./harness/rounds.ts";
import { servePages } from "./harness/serve-pages.ts";
import { exactly, spread } from "./harness/statistics.ts";
import { ARCHIVED_SEED, writeArchive } from "./harness/write-archive.ts";
import { LATENCY_MS, rescanDay, rescanDayInVirtualTime } from "./rescan/rescan-day.ts";

const MODULE = new URL("./rescan/rescan-day.ts", import.meta.url).href;
const EVENTS_PER_SEGMENT = 17;

export const rescan: Bench = {
  name: "rescan",
  claim: "a rescan of a day that was archived every minute takes seconds, since its segments are read side by side",
  async run(scale) {
    const segments = scale.pick(1_440, 40);
    const extent = { events: segments * EVENTS_PER_SEGMENT, days: 1 };
    const directory = newFolder();
    await writeArchive(directory, extent, (_, index) => Math.floor(index / EVENTS_PER_SEGMENT));
    const serial = await rescanDayInVirtualTime(directory, extent, true);
    const { counts, pages, tookMs } = await rescanDayInVirtualTime(directory, extent, false);
    const server = await servePages({ ...extent, stream: "company", seed: ARCHIVED_SEED });
    await server.setLatency(LATENCY_MS.source);
    const { baseUrl } = server;
    const runs = await rounds(scale, { real: () => measure(MODULE, rescanDay, { baseUrl, directory }) });
    server.close();
    removeFolder(directory);
    const realSeconds = spread(wallMs(runs.real).map(seconds));
    const cpuSeconds = spread(cpuMs(runs.real).map(seconds));
    return {
      ratios: [
        {
          id: "serial",
          target: 27,
          meaning: "time that a rescan waits for source and store, over that of one that reads segment after segment",
          value: exactly(tookMs / serial.tookMs),
          goal: { is: "at most", bound: 0.14, stretch: 0.07 },
        },
        {
          id: "waiting",
          target: 27,
          meaning: `seconds that a rescan of a day of ${figure(segments)} segments waits, S3 at 25 ms`,
          value: exactly(seconds(tookMs)),
          goal: { is: "at most", bound: 10, stretch: 6 },
          unit: " s",
        },
        {
          id: "real",
          meaning: "seconds of that rescan in real time, over HTTP and a directory",
          value: realSeconds,
          goal: { is: "at most", bound: 10, stretch: 6 },
          unit: " s",
          isAbsolute: true,
        },
        {
          id: "gets",
          meaning: "reads of the store per segment: its manifest and its lines",
          value: exactly(counts.gets / segments),
          goal: { is: "at most", bound: 2, stretch: 2 },
        },
        {
          id: "archived",
          meaning: "events archived by a rescan of what is archived already",
          value: exactly(Math.max(...runs.real.map(({ result }) => result))),
          goal: { is: "at most", bound: 0, stretch: 0 },
        },
      ],
      tables: [
        {
          title: `${figure(extent.events)} events in ${figure(segments)} segments, ${pages} pages at 100 ms, ${counts.lists + counts.gets} requests to the store at 25 ms`,
          columns: ["rescan", "seconds", "x serial", "CPU seconds"],
          rows: [
            ["segment after segment, virtual time (baseline)", figure(seconds(serial.tookMs)), "1.00", "-"],
            ["the product, virtual time", figure(seconds(tookMs)), figure(tookMs / serial.tookMs), "-"],
            [
              "the product, real time",
              withRange(realSeconds),
              withRange(spread(wallMs(runs.real).map((ms) => ms / serial.tookMs))),
              withRange(cpuSeconds),
            ],
          ],
        },
      ],
      notes: [
        "There is no checkpoint that remembers this day, so all of its manifests and segments are read, each once.",
        `In virtual time only waiting takes time, so the time that is waited is exact. In real time the rescan took ${withRange(realSeconds)} s, which a busy machine makes longer: the time that it waits and its CPU time come to ${figure(seconds(tookMs) + cpuSeconds.median)} s.`,
      ],
    };
  },
};
