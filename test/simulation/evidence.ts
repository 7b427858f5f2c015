/** What the long simulation has shown so far: kept as data to go on from; `docs/evidence.md` has the sums. */
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import type { Answer } from "./worker.ts";

export interface Evidence {
  /** Seeds 1 to this were played. */
  seeds: number;
  hours: number;
  events: number;
  segments: number;
  runs: number;
  /** Effects and what they did. */
  steps: number;
  virtualMs: number;
  struck: Record<string, number>;
  failures: { seed: number; failure: string }[];
}

const DATA = new URL("./evidence.json", import.meta.url);
const YEAR_MS = 365.25 * 24 * 3_600_000;

export function readEvidence(): Evidence {
  try {
    return JSON.parse(readFileSync(DATA, "utf8")) as Evidence;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const nothing = { seeds: 0, hours: 0, events: 0, segments: 0, runs: 0, steps: 0, virtualMs: 0 };
    return { ...nothing, struck: {}, failures: [] };
  }
}

export function addResults(evidence: Evidence, results: Answer): void {
  for (const { seed, failure, events, segments, runs, effects, virtualMs, struck } of results) {
    evidence.events += events;
    evidence.segments += segments;
    evidence.runs += runs;
    evidence.steps += effects;
    evidence.virtualMs += virtualMs;
    for (const [kind, count] of Object.entries(struck)) evidence.struck[kind] = (evidence.struck[kind] ?? 0) + count;
    if (failure !== null) evidence.failures.push({ seed, failure });
  }
}

/** At once, so that a stop in the middle leaves the old or the new one. */
export async function writeEvidence(evidence: Evidence): Promise<void> {
  const draft = new URL(`${DATA.href}.draft`);
  await writeFile(draft, `${JSON.stringify(evidence, null, 2)}\n`);
  await rename(draft, DATA);
}

/** The sums, for docs/evidence.md. */
export function describeEvidence(): string {
  const { seeds, hours, events, segments, runs, steps, virtualMs, struck, failures } = readEvidence();
  if (seeds === 0) return "Nothing is recorded yet of the simulation as it is now.";
  const number = (value: number) => Math.round(value).toLocaleString("en-US");
  const counts = Object.values(struck);
  const rows = [
    ["seeds", `1 to ${number(seeds)}`],
    ["failures", number(failures.length)],
    ["virtual time", `${number(virtualMs / YEAR_MS)} years`],
    ["events", number(events)],
    ["segments", number(segments)],
    ["runs", number(runs)],
    ["steps", number(steps)],
    ["faults", `${number(counts.reduce((sum, count) => sum + count, 0))} of ${counts.length} kinds`],
    ["time on the machine", `${hours.toFixed(1)} hours`],
  ];
  const table = `| what | how much |\n| --- | ---: |\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}`;
  return [table, ...failures.map(({ seed, failure }) => `- seed ${seed}: ${failure}`)].join("\n\n");
}
