import { FEED_WORKSPACE } from "../feed/options.ts";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import { product } from "./drain/variants.ts";
import { digestOfArchive } from "./harness/archive-digest.ts";
import { type Bench, type Findings, measureParts, type Scale } from "./harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, withRange } from "./harness/figures.ts";
import { type Measured, measure } from "./harness/processes.ts";
import { peakBytes, rounds } from "./harness/rounds.ts";
import { type PageServer, servePages } from "./harness/serve-pages.ts";
import { exactly, spread, spreadOfRatios } from "./harness/statistics.ts";

/** Everything that the source keeps, read by parallel readers. */
const HISTORY = { days: 89, stream: "company", seed: 1 } as const;
const VARIANTS = new URL("./drain/variants.ts", import.meta.url).href;

export const memory: Bench = {
  name: "memory",
  claim: "memory does not grow with the backlog",
  async run(scale) {
    const findings = await measureParts(scale, [overBacklog, overBatchSize]);
    return {
      ...findings,
      notes: [
        "Batches of readers were 16 MiB before: then a million events took 1.26 times the memory of 100,000 (165 over 130 MB), and five million 1.35 times. They were halved for it, which makes more objects (target 14).",
        "Measured on the command line's own process, `asana-audit-archive drain` into a directory, as started by its executable with a warm compile cache; the very first start on a machine holds 20 to 30 MB more.",
      ],
    };
  },
};

async function overBacklog(scale: Scale): Promise<Findings> {
  const sizes = scale.pick([100_000, 1_000_000, 5_000_000], [1_000, 2_000]);
  const [least, middle, most] = [sizes[0]!, sizes[1]!, sizes.at(-1)!];
  const servers = new Map<number, PageServer>();
  for (const events of sizes) servers.set(events, await servePages({ ...HISTORY, events }));
  await drained(servers.get(least)!); // fills the compile cache
  let sameBytes = true;
  const compared = new Set<number>();
  const drainOf = async (events: number) => {
    const server = servers.get(events)!;
    return await drained(server, async (folder) => {
      if (compared.has(events)) return;
      compared.add(events);
      const [truth, archived] = [await server.digest(), await digestOfArchive(createDirectoryArchive(folder))];
      sameBytes &&= truth.sum === archived.sum && truth.count === archived.count && truth.count === events;
    });
  };
  const runs = await rounds(scale, Object.fromEntries(sizes.map((size) => [String(size), () => drainOf(size)])));
  for (const server of servers.values()) server.close();
  const peaks = (events: number) => peakBytes(runs[String(events)]!);
  const peak = (events: number) => spread(peaks(events).map(megabytes));
  const over = (events: number) => spreadOfRatios(peaks(events), peaks(least));
  return {
    ratios: [
      {
        id: "backlog",
        target: 8,
        meaning: `peak memory at ${figure(most)} events over that at ${figure(least)}`,
        value: over(most),
        goal: { is: "at most", bound: 1.2, stretch: 1.1 },
        why: "what grows between 100,000 and a million events is eight readers' batches at once, which the smallest history does not fill.",
      },
      {
        id: "backlog.million",
        meaning: `peak memory at ${figure(middle)} events over that at ${figure(least)}`,
        value: over(middle),
        goal: { is: "at most", bound: 1.2, stretch: 1.1 },
      },
      {
        id: "peak",
        target: 10,
        meaning: `peak memory at ${figure(middle)} events`,
        value: peak(middle),
        goal: { is: "at most", bound: 190, stretch: 128 },
        unit: " MB",
      },
      {
        id: "same-bytes",
        meaning: "archives equal to the feed, by the hash of all lines",
        value: exactly(sameBytes ? 1 : 0),
        goal: { is: "at least", bound: 1, stretch: 1 },
      },
    ],
    tables: [
      {
        title: "Peak memory of `drain`",
        columns: ["events", "MB"],
        rows: sizes.map((events) => [figure(events), withRange(peak(events))]),
      },
    ],
    plots: [
      {
        file: "memory-over-backlog",
        title: "Peak memory of a drain, MB",
        x: { label: "events", isLog: true },
        y: { label: "MB" },
        lines: [{ name: "drain", points: sizes.map((events) => [events, peak(events).median] as const) }],
      },
    ],
  };
}

/** One drain from the command line into a folder that is removed afterwards. */
async function drained(
  { baseUrl }: PageServer,
  look: (folder: string) => Promise<void> = async () => {},
): Promise<Measured<string>> {
  const folder = newFolder();
  const place = ["--workspace", FEED_WORKSPACE, "--archive", folder, "--source", baseUrl];
  const run = await commandLine("drain", "--quiet", ...place);
  await look(folder);
  removeFolder(folder);
  return run;
}

async function overBatchSize(scale: Scale): Promise<Findings> {
  const server = await servePages({ events: scale.pick(400_000, 2_000), days: 0.9, stream: "company", seed: 1 });
  const sizes = scale.pick([8, 16, 32, 64, 128], [8, 128]);
  const ofSize = (mebibytes: number) => async () => {
    const folder = newFolder();
    const settings = { batchMiB: mebibytes, batchEvents: 1_000_000 };
    const input = { baseUrl: server.baseUrl, directory: folder, settings, limits: { readers: 1 } };
    const run = await measure(VARIANTS, product, input);
    removeFolder(folder);
    return run;
  };
  const runs = await rounds(scale, Object.fromEntries(sizes.map((size) => [String(size), ofSize(size)])));
  server.close();
  return {
    ratios: [
      {
        id: "batch-size",
        target: 9,
        meaning: "peak memory with batches of 128 MB over that with 8 MB",
        value: spreadOfRatios(peakBytes(runs[128]!), peakBytes(runs[8]!)),
        goal: { is: "at most", bound: 1.35, stretch: 1.2 },
        why: "a batch keeps its compressed bytes and, to drop repeats, the id of every event in it: some 240,000 ids at 128 MB. By default a batch ends at 64 MB or 100,000 events.",
      },
    ],
    tables: [
      {
        title: "By batch size (one chain, one day)",
        columns: ["MB of lines in a batch", "peak MB"],
        rows: sizes.map((size) => [String(size), withRange(spread(peakBytes(runs[size]!).map(megabytes)))]),
      },
    ],
  };
}
