import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { Findings, Ratio } from "./bench.ts";

/** What `bench/results.json` holds: the last recorded findings of each bench, and where they were found. */
export interface Recorded extends Findings {
  readonly recordedAt: string;
  readonly machine: string;
  readonly rounds: number;
}

export type Results = Readonly<Record<string, Recorded>>;

const FILE = join(import.meta.dirname, "..", "results.json");

export function readResults(): Results {
  try {
    return JSON.parse(readFileSync(FILE, "utf8"));
  } catch {
    return {};
  }
}

export function record(name: string, findings: Findings, rounds: number): void {
  const model = cpus()[0]?.model ?? "unknown processor";
  const machine = `${cpus().length} CPUs (${model}), ${Math.round(totalmem() / 2 ** 30)} GB, node ${process.version}`;
  const entry: Recorded = { recordedAt: new Date().toISOString(), machine, rounds, ...findings };
  writeFileSync(FILE, resultsText({ ...readResults(), [name]: entry }));
}

/** JSON with a line for each ratio, table and plot, so that a diff shows which of them have changed. */
export function resultsText(results: Results): string {
  const json = (value: unknown) => JSON.stringify(value, rounded);
  const isLong = (name: string) => ["ratios", "tables", "plots"].includes(name);
  const lines = (items: readonly unknown[]) => `[\n${items.map(json).join(",\n")}\n]`;
  const bench = (recorded: Recorded) =>
    Object.entries(recorded).map(([name, found]) => `${json(name)}: ${isLong(name) ? lines(found) : json(found)}`);
  const benches = Object.entries(results).map(([name, recorded]) => `${json(name)}: {${bench(recorded).join(", ")}}`);
  return `{\n${benches.join(",\n")}\n}\n`;
}

/** Six digits are more than these measurements are worth. */
const rounded = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);

/** A ratio may be worse by this much, because machines are noisy. */
const SLACK = 1.1;

/** One sentence for each ratio that is worse than recorded. Absolute figures depend on the machine and are not compared. */
export function worsened(now: readonly Ratio[], recorded: readonly Ratio[]): string[] {
  return now.flatMap(({ id, value, goal, isAbsolute, meaning }) => {
    const before = recorded.find((ratio) => ratio.id === id);
    if (before === undefined || goal === undefined || isAbsolute === true) return [];
    const [a, b] = [value.median, before.value.median];
    const isWorse = goal.is === "at least" ? a * SLACK < b : a > b * SLACK;
    return isWorse ? [`${id}: ${meaning}: ${a.toFixed(3)}, recorded ${b.toFixed(3)}`] : [];
  });
}
