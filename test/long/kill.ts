/**
 * Kills drains at random moments, a few hundred times, and compares what came of it with what the source showed:
 *
 *     npx node test/long/kill.ts [kills, default 200] [seed, default the time]
 *
 * Once with one drain at a time and once with two side by side on one archive. Exits with 1 if an event was lost,
 * doubled or changed, or if verify finds a fault.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { formatCount, renderTable } from "../../cli/terminal.ts";
import { createCompany } from "../../feed/company.ts";
import { createFeed } from "../../feed/feed.ts";
import { FEED_TOKEN } from "../../feed/options.ts";
import { createRandom } from "../../feed/random.ts";
import { serveFeed } from "../../feed/server.ts";

const kills = Number(process.argv[2] ?? 200);
const seed = process.argv[3] ?? String(Date.now());
const random = createRandom(seed, "kill");

const WORKSPACE = "1201234567890123";
const EVENTS = 20_000;
const DAYS = 30;
/** A drain of this history takes some 130 requests, however slow the machine is; most kills hit one that is at work. */
const MAX_REQUESTS = 60;
/** So that a kill is not always just after a request. */
const MAX_DELAY_MS = 60;
const PROGRAM = join(import.meta.dirname, "..", "..", "cli", "bin.js");

interface Tally {
  readonly drains: number;
  kills: number;
  /** Ended by themselves before the kill came. */
  finished: number;
  archives: number;
  events: number;
  lost: number;
  doubled: number;
  foreign: number;
  verifyFailures: number;
}

const nowMs = Date.now() - 600_000;
const company = createCompany({ seed, events: EVENTS, fromMs: nowMs - DAYS * 86_400_000, toMs: nowMs, lateRate: 0 });
const feed = createFeed({
  workspaces: [{ gid: WORKSPACE, company }],
  defaultLimit: 250,
  latencyMs: [5, 40],
  limits: null,
});
let requests = 0;
let moment: { readonly requests: number; readonly resolve: () => void } | null = null;
const handle: typeof feed.handle = (request, atMs) => {
  requests += 1;
  if (moment !== null && requests >= moment.requests) moment.resolve();
  return feed.handle(request, atMs);
};
const served = await serveFeed({ ...feed, handle }, { clock: Date });
const truth = new Set([...feed.lines(WORKSPACE)].map(({ line }) => line.toString()));

process.stdout.write(`seed ${seed}\n`);
const tallies: Tally[] = [];
for (const drains of [1, 2]) tallies.push(await killDrains(drains));
await served.close();

process.stdout.write(`\n${table(tallies)}\n`);
const isGood = tallies.every((tally) => tally.lost + tally.doubled + tally.foreign + tally.verifyFailures === 0);
process.exit(isGood ? 0 : 1);

/** Kills until there were enough; every archive is brought to its end and judged. */
async function killDrains(drains: number): Promise<Tally> {
  const faults = { lost: 0, doubled: 0, foreign: 0, verifyFailures: 0 };
  const tally = { drains, kills: 0, finished: 0, archives: 0, events: 0, ...faults };
  while (tally.kills < kills) {
    const archive = await mkdtemp(join(tmpdir(), "asana-audit-archive-kill-"));
    const args = ["drain", "--source", served.baseUrl, "--workspace", WORKSPACE, "--archive", archive, "--quiet"];
    let isDone = false;
    while (!isDone && tally.kills < kills) {
      const running = Array.from({ length: drains }, () => start(args));
      const first = await Promise.race([someMoment(drains), ...running.map(({ code }) => code)]);
      for (const { child } of running) if (child.kill("SIGKILL")) tally.kills += 1;
      const codes = await Promise.all(running.map(({ code }) => code));
      isDone = first !== "now" || codes.includes(0);
      if (isDone) tally.finished += 1;
    }
    const last = await start(args).code;
    if (last !== 0) throw new Error(`A calm drain ended with ${last}.`);
    await judge(archive, tally);
    await rm(archive, { recursive: true });
    process.stdout.write(`${drains} at a time: ${tally.kills} kills, ${tally.archives} archives\n`);
  }
  return tally;
}

async function someMoment(drains: number): Promise<"now"> {
  const after = requests + random.int(MAX_REQUESTS * drains);
  if (after > requests) {
    await new Promise<void>((resolve) => {
      moment = { requests: after, resolve };
    });
  }
  return await setTimeout(random.next() * MAX_DELAY_MS, "now" as const);
}

async function judge(archive: string, tally: Tally): Promise<void> {
  const names = (await readdir(archive, { recursive: true })).filter((name) => name.endsWith(".ndjson.gz"));
  const seen = new Map<string, number>();
  for (const name of names) {
    const lines = gunzipSync(await readFile(join(archive, name)))
      .toString()
      .split("\n")
      .slice(0, -1);
    for (const line of lines) seen.set(line, (seen.get(line) ?? 0) + 1);
  }
  tally.archives += 1;
  tally.events += [...seen.values()].reduce((sum, times) => sum + times, 0);
  tally.lost += truth.difference(seen).size;
  tally.foreign += [...seen.keys()].filter((line) => !truth.has(line)).length;
  tally.doubled += [...seen.values()].filter((times) => times > 1).length;
  if ((await start(["verify", "--archive", archive]).code) !== 0) tally.verifyFailures += 1;
}

function start(args: readonly string[]): { readonly child: ChildProcess; readonly code: Promise<number | null> } {
  const env = { ...process.env, ASANA_TOKEN: FEED_TOKEN };
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "ignore", "inherit"], env });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, code };
}

function table(all: readonly Tally[]): string {
  const names = ["drains", "kills", "archives", "events", "lost", "doubled", "foreign", "verifyFailures"] as const;
  const columns = names.map((name) => ({
    title: name === "verifyFailures" ? "verify failed" : name,
    align: "right" as const,
  }));
  return renderTable(
    columns,
    all.map((tally) => names.map((name) => formatCount(tally[name]))),
  );
}
