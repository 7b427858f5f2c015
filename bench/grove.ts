import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../test/feed/options.ts";
import { installGrove, VERSION } from "./grove/install.ts";
import { digestOfArchive } from "./harness/archive-digest.ts";
import type { Bench } from "./harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, withRange } from "./harness/figures.ts";
import type { Measured } from "./harness/processes.ts";
import { cpuMs, peakBytes, rounds } from "./harness/rounds.ts";
import { type PageServer, servePages } from "./harness/serve-pages.ts";
import { spread, spreadOfRatios } from "./harness/statistics.ts";

interface Peer {
  readonly command: string;
  readonly python: string;
}

export const grove: Bench = {
  name: "grove",
  claim: "a general collector of audit logs, side by side on the same feed",
  async run(scale) {
    const peer = scale.isSmoke ? null : installGrove();
    if (peer === null) {
      return {
        ratios: [],
        tables: [],
        notes: [`Grove ${VERSION} is not to be had here (or this is a smoke run): nothing was compared.`],
      };
    }
    const events = 100_000;
    // Less than a day, so that both read one chain of pages.
    const server = await servePages({ events, days: 0.9, stream: "company", seed: 1 });
    const folders: string[] = [];
    const fresh = () => {
      folders.push(newFolder());
      return folders.at(-1)!;
    };
    const ours = (folder = fresh()) =>
      commandLine("drain", "--quiet", "--workspace", FEED_WORKSPACE, "--archive", folder, "--source", server.baseUrl);
    const theirs = (folder = fresh()) => runGrove(peer, server, folder);
    await theirs(); // the server makes its answers
    const runs = await rounds(
      { ...scale, rounds: Math.min(3, scale.rounds) },
      { product: () => ours(), grove: () => theirs() },
    );
    const killed = await afterKills(ours, theirs, fresh);
    server.close();
    for (const folder of folders) removeFolder(folder);
    const perSecond = (name: "product" | "grove") => spread(cpuMs(runs[name]).map((ms) => events / (ms / 1000)));
    const peak = (name: "product" | "grove") => spread(peakBytes(runs[name]).map(megabytes));
    return {
      ratios: [
        {
          id: "cpu",
          target: 7,
          meaning: "CPU of a whole drain over Grove's, the processes' starts included",
          value: spreadOfRatios(cpuMs(runs.product), cpuMs(runs.grove)),
          goal: { is: "at most", bound: 0.2, stretch: 0.1 },
        },
        {
          id: "memory",
          meaning: "peak memory over Grove's",
          value: spreadOfRatios(peakBytes(runs.product), peakBytes(runs.grove)),
        },
      ],
      tables: [
        {
          title: `${figure(events)} events, whole processes, gzip level 6, into local files`,
          columns: ["", "product", `Grove ${VERSION}`],
          rows: [
            ["events per CPU-second", withRange(perSecond("product")), withRange(perSecond("grove"))],
            ["peak memory, MB", withRange(peak("product")), withRange(peak("grove"))],
            [
              "events missing after 5 kills and a last run",
              String(killed.product.missing),
              String(killed.grove.missing),
            ],
            ["events twice after them", String(killed.product.twice), String(killed.grove.twice)],
          ],
        },
      ],
      notes: [
        "Grove's connector for the feed is `bench/grove/feed_audit_log.py`. It is a general collector for dozens of sources and does not claim to archive exactly once; the comparison shows what that claim costs and gives. Late events are not compared here: a pointer that only moves on does not look back.",
      ],
    };
  },
};

/** Killed hard at five moments, and then once left alone. */
async function afterKills(
  ours: (folder: string) => Promise<unknown>,
  theirs: (folder: string) => Promise<unknown>,
  fresh: () => string,
) {
  const [product, grove] = [fresh(), fresh()];
  const { killOne } = killer;
  for (const delayMs of [500, 800, 1100, 1400, 1700]) {
    killOne.afterMs = delayMs;
    await theirs(grove).catch(() => undefined);
    killOne.afterMs = null;
  }
  await theirs(grove);
  await ours(product);
  const lines = globSync("out/**/*.gz", { cwd: grove }).flatMap((file) =>
    gunzipSync(readFileSync(join(grove, file)))
      .toString()
      .split(/\r?\n/),
  );
  const gids = lines.filter((line) => line !== "").map((line) => JSON.parse(line).gid);
  const truth = await digestOfArchive(createDirectoryArchive(product));
  return {
    product: { missing: 100_000 - truth.count, twice: 0 },
    grove: { missing: 100_000 - new Set(gids).size, twice: gids.length - new Set(gids).size },
  };
}

/** Set for the next run of Grove only. */
const killer = { killOne: { afterMs: null as number | null } };

async function runGrove({ command, python }: Peer, server: PageServer, folder: string): Promise<Measured<string>> {
  const [out, cache, config] = ["out", "cache", "config"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [out, cache, config]) mkdirSync(path, { recursive: true });
  const url = `${server.baseUrl}/workspaces/${FEED_WORKSPACE}/audit_log_events`;
  const document = { name: "feed", identity: "feed", key: FEED_TOKEN, connector: "feed_audit_log", url };
  writeFileSync(join(config, "feed.json"), JSON.stringify(document));
  const taken = join(folder, "taken.json");
  // Python tells what its child took: user and system seconds, and the most memory, in KB.
  const script =
    "import json,resource,subprocess,sys\ncode=subprocess.call(sys.argv[2:])\nu=resource.getrusage(resource.RUSAGE_CHILDREN)\n" +
    "json.dump({'cpuMs':(u.ru_utime+u.ru_stime)*1000,'peakBytes':u.ru_maxrss*1024},open(sys.argv[1],'w'))\nsys.exit(code)";
  const begunMs = performance.now();
  const { afterMs } = killer.killOne;
  const words = afterMs === null ? [command] : ["timeout", "-s", "KILL", String(afterMs / 1000), command];
  const child = spawn(python, ["-c", script, taken, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      GROVE_CONFIG_HANDLER: "local_file",
      GROVE_CONFIG_LOCAL_FILE_PATH: config,
      GROVE_OUTPUT_HANDLER: "local_file",
      GROVE_OUTPUT_LOCAL_FILE_PATH: out,
      GROVE_CACHE_HANDLER: "local_file",
      GROVE_CACHE_LOCAL_FILE_PATH: cache,
      GROVE_LOCK_DURATION: "1",
    },
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => (complaints += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`Grove ended with ${code}: ${complaints}`);
  return { result: "", wallMs: performance.now() - begunMs, ...JSON.parse(readFileSync(taken, "utf8")) };
}
