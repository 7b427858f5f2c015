import { product } from "./drain/variants.ts";
import type { Bench } from "./harness/bench.ts";
import { openMemoryLimit } from "./harness/cgroup.ts";
import { newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, seconds, withRange } from "./harness/figures.ts";
import { measure } from "./harness/processes.ts";
import { peakBytes, type Runs, rounds, wallMs } from "./harness/rounds.ts";
import { type PageServer, servePages } from "./harness/serve-pages.ts";
import { spread, spreadOfRatios } from "./harness/statistics.ts";

const VARIANTS = new URL("./drain/variants.ts", import.meta.url).href;
const MEBIBYTE = 1024 * 1024;
/** The function's memory by default. */
const LAMBDA_MIB = 512;
/** Unlike in other runs, all readers share even a few pages, which then take as much memory as many pages would. */
const LIMITS = { readers: 8, longFromPages: 3, sharePages: 1 };

export const large: Bench = {
  name: "large",
  claim: "512 MiB are enough for pages of 50 MB",
  async run(scale) {
    const pages = scale.pick(16, 1);
    // Several pages a day, so that a page goes into one segment: more days would spread it over several smaller ones.
    const extent = { events: pages * 1000, days: scale.pick(4, 1), seed: 1 };
    const servers = {
      large: await servePages({ ...extent, stream: "large" }),
      ordinary: await servePages({ ...extent, stream: "ascii" }),
    };
    const limit = openMemoryLimit(LAMBDA_MIB * MEBIBYTE);
    const limited = limit === null ? {} : { group: limit };
    const drained = async ({ baseUrl }: PageServer) => {
      const directory = newFolder();
      const run = await measure(VARIANTS, product, { baseUrl, directory, limits: LIMITS }, limited).catch((cause) => {
        throw new Error(`The drain failed; if SIGKILL ended it, it needed more than ${LAMBDA_MIB} MiB.`, { cause });
      });
      removeFolder(directory);
      if (run.result.events !== extent.events)
        throw new Error(`${run.result.events} of ${extent.events} events were archived.`);
      return run;
    };
    const runs = await rounds(scale, {
      large: () => drained(servers.large),
      ordinary: () => drained(servers.ordinary),
    });
    limit?.close();
    for (const server of Object.values(servers)) server.close();
    const mebibytes = (of: Runs) => spread(peakBytes(of).map((bytes) => bytes / MEBIBYTE));
    const overOrdinary = spreadOfRatios(peakBytes(runs.large), peakBytes(runs.ordinary));
    const row = (name: string, of: Runs, over: string): string[] => [
      name,
      withRange(mebibytes(of)),
      over,
      withRange(spread(wallMs(of).map(seconds))),
    ];
    return {
      ratios: [
        {
          id: "peak",
          target: 26,
          meaning: "peak memory of a first drain by eight readers, pages of 50 MB",
          value: mebibytes(runs.large),
          goal: { is: "at most", bound: LAMBDA_MIB, stretch: 384 },
          unit: " MiB",
        },
        {
          id: "over-ordinary",
          meaning: "peak memory with pages of 50 MB over that with ordinary ones",
          value: overOrdinary,
        },
      ],
      tables: [
        {
          title: `A first drain of ${pages} pages of 1,000 events, 8 readers, ${LAMBDA_MIB} MiB`,
          columns: ["pages", "peak MiB", "x ordinary", "seconds"],
          rows: [row("ordinary (baseline)", runs.ordinary, "1.00"), row("50 MB", runs.large, withRange(overOrdinary))],
        },
      ],
      notes: [
        limit === null
          ? `No memory limit can be set here, so only the peak was measured: nothing would have stopped a drain at ${LAMBDA_MIB} MiB.`
          : `A process that needs more than ${figure(LAMBDA_MIB)} MiB is killed by the kernel (${limit.how}), and the bench fails.`,
        "Each event of these pages has 50 KB, nearly all of it base64, which gzip makes a quarter smaller.",
      ],
    };
  },
};
