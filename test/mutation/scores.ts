/** What mutation testing has shown of each file when it was measured last: `scores.json`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suites } from "./suites.ts";

export interface Score {
  /** Those that change nothing left out. */
  readonly mutants: number;
  /** Timeouts included. */
  readonly killed: number;
  /** Listed in `equivalents.ts`. */
  readonly equivalent: number;
}

interface Scores {
  readonly recordedAt: string;
  readonly files: Readonly<Record<string, Score>>;
}

const DATA = join(import.meta.dirname, "scores.json");
const SHOWN = 5;

const readScores = (): Scores => JSON.parse(readFileSync(DATA, "utf8"));

/** Takes in what was measured now. Files that are measured no more are dropped. */
export function writeScores(measured: Readonly<Record<string, Score>>): void {
  const all = { ...readScores().files, ...measured };
  const lines = suites.flatMap(([file]) => {
    const score = all[file];
    if (score === undefined) return [];
    const { mutants, killed, equivalent } = score;
    return `    "${file}": { "mutants": ${mutants}, "killed": ${killed}, "equivalent": ${equivalent} }`;
  });
  const recordedAt = new Date().toISOString().slice(0, 10);
  writeFileSync(DATA, `{\n  "recordedAt": "${recordedAt}",\n  "files": {\n${lines.join(",\n")}\n  }\n}\n`);
}

/** The sums, for docs/evidence.md. */
export function describeScores(): string {
  const { recordedAt, files } = readScores();
  const scores = Object.entries(files);
  const sum = (key: keyof Score) => scores.reduce((total, [, score]) => total + score[key], 0);
  const number = (value: number) => value.toLocaleString("en-US");
  const percent = ({ mutants, killed }: Pick<Score, "mutants" | "killed">) => (100 * killed) / mutants;
  const all = { mutants: sum("mutants"), killed: sum("killed") };
  const lowest = scores
    .toSorted(([, a], [, b]) => percent(a) - percent(b))
    .slice(0, SHOWN)
    .map(([file, score]) => `\`${file}\` ${percent(score).toFixed(1)} %`);
  const isOld = scores.some(([file]) => !suites.some(([current]) => current === file));
  return [
    `${number(all.mutants)} mutants of ${scores.length} files, ${number(all.killed)} of them killed: **${percent(all).toFixed(1)} %**. ${sum("equivalent")} more change nothing. Lowest: ${lowest.join(", ")}. Recorded on ${recordedAt}; [scores.json](../test/mutation/scores.json) has each file.`,
    ...(isOld
      ? ["Some of these files have another name since, or do not exist any more: they are to be measured again."]
      : []),
  ].join("\n\n");
}
