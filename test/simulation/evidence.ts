/** What the long simulation has shown so far: kept as data to go on from, and written into `docs/evidence.md`. */
import { readFile, rename, writeFile } from "node:fs/promises";
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
const PAGE = new URL("../../docs/evidence.md", import.meta.url);
const BEGIN = "<!-- simulation: begin -->";
const END = "<!-- simulation: end -->";
const YEAR_MS = 365.25 * 24 * 3_600_000;

export async function readEvidence(): Promise<Evidence> {
  try {
    return JSON.parse(await readFile(DATA, "utf8")) as Evidence;
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

export async function writeEvidence(evidence: Evidence): Promise<void> {
  await replaceFile(DATA, `${JSON.stringify(evidence, null, 2)}\n`);
  const page = await readFile(PAGE, "utf8");
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after === -1) throw new Error("docs/evidence.md has no place for the simulation's results");
  await replaceFile(PAGE, `${page.slice(0, before + BEGIN.length)}\n\n${render(evidence)}\n${page.slice(after)}`);
}

/** At once, so that a stop in the middle leaves the old or the new one. */
async function replaceFile(path: URL, text: string): Promise<void> {
  const draft = new URL(`${path.href}.draft`);
  await writeFile(draft, text);
  await rename(draft, path);
}

function render({ seeds, hours, events, segments, runs, steps, virtualMs, struck, failures }: Evidence): string {
  const number = (value: number) => Math.round(value).toLocaleString("en-US");
  const faults = Object.entries(struck).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = faults.reduce((sum, [, count]) => sum + count, 0);
  const rows = [
    ["seeds", `1 to ${number(seeds)}`],
    ["failures", number(failures.length)],
    ["virtual time", `${number(virtualMs / YEAR_MS)} years`],
    ["events", number(events)],
    ["segments", number(segments)],
    ["runs", number(runs)],
    ["steps", number(steps)],
    ["faults", `${number(total)} of ${faults.length} kinds`],
    ["time on the machine", `${hours.toFixed(1)} hours`],
  ];
  const table = (head: string, lines: readonly (readonly string[])[]) =>
    `${head}\n| --- | ---: |\n${lines.map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`;
  const list = failures.map(({ seed, failure }) => `- seed ${seed}: ${failure}`).join("\n");
  return [
    table("| what | how much |", rows),
    table(
      "| fault or oddity | times |",
      faults.map(([kind, count]) => [kind, number(count)] as const),
    ),
    list,
  ].join("\n");
}
