import { defaultLimits } from "../lambda/drain/limits.ts";
import { type DrainInput, product } from "./drain/variants.ts";
import type { Bench, Ratio, Scale } from "./harness/bench.ts";
import { figure, withRange } from "./harness/figures.ts";
import { measure } from "./harness/processes.ts";
import { rounds, wallMs } from "./harness/rounds.ts";
import { servePages } from "./harness/serve-pages.ts";
import { exactly, spreadOfRatios } from "./harness/statistics.ts";
import { openLife } from "./requests/virtual-life.ts";

const VARIANTS = new URL("./drain/variants.ts", import.meta.url).href;
const PAGES_PER_SECOND = 25;
const DEFAULT_READERS = defaultLimits.readers;

export const backfill: Bench = {
  name: "backfill",
  claim: "a long history is read as fast as the readers at work and the source's own limits allow",
  async run(scale) {
    const rows: string[][] = [];
    const ratios: Ratio[] = [];
    const lines = [];
    for (const latencyMs of scale.pick([300, 1000], [300])) {
      const one = await inVirtualTime(scale, latencyMs, 1);
      const points: [number, number][] = [[1, 1]];
      for (const readers of scale.pick([4, 8, 16], [4])) {
        const many = await inVirtualTime(scale, latencyMs, readers);
        const speedUp = one.tookMs / many.tookMs;
        const ideal = Math.min(readers, (PAGES_PER_SECOND * latencyMs) / 1000, 50);
        const floorMs = Math.max((one.requests / PAGES_PER_SECOND) * 1000, (one.requests * latencyMs) / 50);
        points.push([readers, speedUp]);
        rows.push([
          `${latencyMs} ms, ${readers} readers`,
          figure(speedUp),
          figure(speedUp / ideal),
          figure(many.tookMs / floorMs),
          `${figure((many.requests / one.requests - 1) * 100)} %`,
          String(many.refused),
        ]);
        ratios.push({
          id: `speed-up.${latencyMs}.${readers}`,
          target: 20,
          meaning: `speed-up over the ideal, ${latencyMs} ms, ${readers} readers`,
          value: exactly(speedUp / ideal),
          goal: { is: "at least", bound: 0.85, stretch: 0.95 },
        });
        if (latencyMs === 300 && readers === DEFAULT_READERS) {
          ratios.push(
            {
              id: "floor",
              target: 21,
              meaning: `time over the source's limit, ${readers} readers, 300 ms`,
              value: exactly(many.tookMs / floorMs),
              goal: { is: "at most", bound: 1.15, stretch: 1.05 },
            },
            {
              id: "refused",
              target: 21,
              meaning: "429 answers seen",
              value: exactly(many.refused),
              goal: { is: "at most", bound: 0, stretch: 0 },
            },
            {
              id: "extra-requests",
              target: 21,
              meaning: "requests over those of one chain",
              value: exactly(many.requests / one.requests),
              goal: { is: "at most", bound: 1.03, stretch: 1.015 },
              why: "when a reader takes over half of what another one has still to read, both read the minute around the cut, and each part ends with a page that is not full. In a longer history that is a smaller share.",
            },
          );
        }
      }
      lines.push({ name: `${latencyMs} ms`, points });
    }
    const real = await inRealTime(scale);
    return {
      ratios: [...ratios, real.ratio],
      tables: [
        {
          title: "In virtual time: the real core on a skewed history of 89 days, the source's limits kept",
          columns: ["latency, readers", "speed-up", "of the ideal", "x the source's limit", "extra requests", "429s"],
          rows,
        },
      ],
      notes: [
        `The ideal is the least of: readers, 25 x latency, 50. The default is ${DEFAULT_READERS} readers.`,
        "A part that a reader takes over ends with a page that is not full and an empty one: those are most of the extra requests. This history has 2,250 pages; in a longer one they are a smaller share.",
        real.note,
      ],
      plots: [
        {
          file: "backfill-over-readers",
          title: "Speed-up of a back-fill over one chain",
          x: { label: "readers at once" },
          y: { label: "x one chain" },
          lines,
        },
      ],
    };
  },
};

/** Pages of 100 events, so that a history of many pages needs little work from the machine. */
async function inVirtualTime(scale: Scale, latencyMs: number, readers: number) {
  scale.note(`backfill: ${latencyMs} ms, ${readers} readers`);
  const life = openLife({
    daysBefore: 89,
    daysAfter: 1,
    eventsPerDay: scale.pick(2_500, 100),
    latencyMs,
    feed: { defaultLimit: 100 },
  });
  const { tookMs, sourceRequests } = await life.drain({ readers });
  const refused = life.feed.requests.filter((request) => request.status === 429).length;
  return { tookMs, requests: sourceRequests, refused };
}

async function inRealTime(scale: Scale) {
  const server = await servePages({ events: scale.pick(100_000, 2_000), days: 80, stream: "company", seed: 3 });
  const input = (readers: number): DrainInput => ({ baseUrl: server.baseUrl, limits: { readers } });
  for (const readers of [1, 8]) await measure(VARIANTS, product, input(readers));
  await server.setLatency(scale.pick(100, 5));
  const runs = await rounds(scale, {
    one: () => measure(VARIANTS, product, input(1)),
    eight: () => measure(VARIANTS, product, input(8)),
  });
  server.close();
  const value = spreadOfRatios(wallMs(runs.one), wallMs(runs.eight));
  const ratio: Ratio = {
    id: "real",
    meaning: "speed-up of 8 readers in real time, 100 ms, over real HTTP",
    value,
    unit: "x",
  };
  return {
    ratio,
    note: `In real time 8 readers came to ${withRange(value)} times the speed of one chain; this machine's CPU is the limit then.`,
  };
}
