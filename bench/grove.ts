import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FEED_TOKEN, FEED_WORKSPACE } from "../test/feed/options.ts";
import { installGrove, VERSION } from "./grove/install.ts";
import type { Bench } from "./harness/bench.ts";
import { commandLine, killedCommandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, withRange } from "./harness/figures.ts";
import type { Measured } from "./harness/processes.ts";
import { cpuMs, peakBytes, rounds, wallMs } from "./harness/rounds.ts";
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
    const ours = () => commandLine(...drainInto(fresh(), server));
    const theirs = () => runGrove(peer, server, fresh());
    await theirs(); // the server makes its answers
    const runs = await rounds(
      { ...scale, rounds: Math.min(3, scale.rounds) },
      { product: () => ours(), grove: () => theirs() },
    );
    const middle = (name: "product" | "grove") => spread(wallMs(runs[name])).median;
    const killed = await afterKills({
      peer,
      server,
      events,
      wallMs: { product: middle("product"), grove: middle("grove") },
      folders: [fresh(), fresh()],
    });
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
          goal: { is: "at most", bound: 0.2, stretch: 0.15 },
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
        "Both processes start once for these events, which costs ours several tenths of a CPU-second; the drain itself checks and hashes what Grove does not.",
        `Kills left Grove's file cache with an empty file ${killed.emptied} times, with which it does not start again; the bench removed it.`,
        "Grove's connector for the feed is `bench/grove/feed_audit_log.py`. It is a general collector for dozens of sources and does not claim to archive exactly once; the comparison shows what that claim costs and gives. Late events are not compared here: a pointer that only moves on does not look back.",
      ],
    };
  },
};

/** Killed hard at moments that are a share of how long a whole run takes, and then once left alone. */
async function afterKills({ peer, server, events, wallMs, folders }: KillPlan) {
  const count = (gids: readonly string[]) => {
    const different = new Set(gids).size;
    return { missing: events - different, twice: gids.length - different };
  };
  const [ours, theirs] = folders;
  let emptied = 0;
  for (const share of [0.3, 0.45, 0.6, 0.75, 0.9]) {
    await killedCommandLine(share * wallMs.product, ...drainInto(ours, server));
    await runGrove(peer, server, theirs, share * wallMs.grove).catch(() => undefined);
    emptied += removeEmptied(join(theirs, "cache"));
  }
  await commandLine(...drainInto(ours, server));
  await runGrove(peer, server, theirs);
  const lines = (folder: string, pattern: string) =>
    globSync(pattern, { cwd: folder })
      .flatMap((file) =>
        gunzipSync(readFileSync(join(folder, file)))
          .toString()
          .split(/\r?\n/),
      )
      .filter((line) => line !== "");
  const gids = (found: readonly string[]) => found.map((line) => String(JSON.parse(line).gid));
  return {
    emptied,
    product: count(gids(lines(ours, "events/**/*.gz"))),
    grove: count(gids(lines(theirs, "out/**/*.gz"))),
  };
}

/** A cache file that a kill left empty keeps Grove from starting: somebody would have to remove it. */
function removeEmptied(folder: string): number {
  const empty = globSync("**/*", { cwd: folder })
    .map((file) => statSync(join(folder, file)).isFile() && statSync(join(folder, file)).size === 0 && file)
    .filter((file) => file !== false);
  for (const file of empty) rmSync(join(folder, file));
  return empty.length;
}

interface KillPlan {
  readonly peer: Peer;
  readonly server: PageServer;
  readonly events: number;
  readonly wallMs: { readonly product: number; readonly grove: number };
  /** Where each archives into. */
  readonly folders: readonly [string, string];
}

const drainInto = (folder: string, { baseUrl }: PageServer): string[] => [
  ...["drain", "--quiet", "--workspace", FEED_WORKSPACE],
  ...["--archive", folder, "--source", baseUrl],
];

async function runGrove(
  { command, python }: Peer,
  server: PageServer,
  folder: string,
  killAfterMs?: number,
): Promise<Measured<string>> {
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
  const words = killAfterMs === undefined ? [command] : ["timeout", "-s", "KILL", String(killAfterMs / 1000), command];
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
