/** Starts both programs that are compared as their users do, and counts what each has written. */
import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import type { Measured } from "../harness/processes.ts";
import type { PageServer } from "../harness/serve-pages.ts";

export interface Peer {
  readonly command: string;
  readonly python: string;
}

/** The arguments of one drain into a folder. */
export const drainInto = (folder: string, { baseUrl }: PageServer): string[] => [
  ...["drain", "--quiet", "--workspace", FEED_WORKSPACE],
  ...["--archive", folder, "--source", baseUrl],
];

/** One run of Grove; its output, cache and configuration are in the folder. */
export async function runGrove(
  { command, python }: Peer,
  server: PageServer,
  folder: string,
  killAfterMs?: number,
): Promise<Measured<string>> {
  const [out, cache, config] = ["out", "cache", "config"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [out, cache, config]) mkdirSync(path, { recursive: true });
  const url = `${server.baseUrl}/workspaces/${FEED_WORKSPACE}/audit_log_events`;
  // By default it does nothing if it ran less than ten minutes ago.
  const document = { name: "feed", identity: "feed", key: FEED_TOKEN, connector: "feed_audit_log", url, frequency: 0 };
  writeFileSync(join(config, "feed.json"), JSON.stringify(document));
  const taken = join(folder, "taken.json");
  // Python prints what its child used: user and system seconds, and its peak memory in KB.
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

export interface Count {
  readonly missing: number;
  readonly twice: number;
}

/** How many of `events`, by gid, are in the compressed files of a folder. */
export function countOf(folder: string, pattern: string, events: number): Count {
  const lines = globSync(pattern, { cwd: folder })
    .flatMap((file) =>
      gunzipSync(readFileSync(join(folder, file)))
        .toString()
        .split(/\r?\n/),
    )
    .filter((line) => line !== "");
  const different = new Set(lines.map((line) => String(JSON.parse(line).gid))).size;
  return { missing: events - different, twice: lines.length - different };
}
