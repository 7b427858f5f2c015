/**
 * Mutation testing of the core, a file at a time: `npm run test:mutation`, or with parts of the names of the files that
 * are meant. Slow, so not part of the check. Fails below 90 % for any file. A mutant that changes nothing stands in
 * `equivalents.ts`, with the reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { equivalents } from "./equivalents.ts";
import { type Score, writeScores } from "./scores.ts";
import { suites } from "./suites.ts";

const here = import.meta.dirname;
const root = join(here, "..", "..");
const LOWEST_PERCENT = 90;

/**
 * Installed here and not among the project's own dependencies, which everybody would have to install. What these two
 * depend on is taken as it was on that day, so that another day's run is the same program.
 */
const STRYKER = ["@stryker-mutator/core@10.1.1", "@stryker-mutator/vitest-runner@10.1.1", "--before=2026-11-25"];
const tools = join(root, ".tools/stryker");
const stryker = join(tools, "node_modules/@stryker-mutator/core/bin/stryker.js");

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly location: { readonly start: { readonly line: number } };
}
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

if (!existsSync(stryker)) {
  // Without peers, so that the runner finds the project's own vitest above its folder.
  const flags = ["--legacy-peer-deps", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  mkdirSync(tools, { recursive: true });
  const done = spawnSync("npm", ["install", "--prefix", tools, ...flags, ...STRYKER], { stdio: "inherit" });
  if (done.status !== 0) throw new Error("Stryker could not be installed into .tools/stryker: npm says above why.");
}

const wanted = process.argv.slice(2);
const scores: Record<string, Score> = {};
for (const [file, ...tests] of suites) {
  if (wanted.length > 0 && !wanted.some((part) => file.includes(part))) continue;
  const env = { ...process.env, MUTATION_TESTS: tests.join(" ") };
  const options = [stryker, "run", join(here, "stryker.config.json"), "--mutate", file];
  const done = spawnSync(process.execPath, options, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  if (done.status !== 0) throw new Error(`Stryker failed on ${file}`);
  scores[file] = scoreOf(file, tests);
}
writeScores(scores); // docs/evidence.md gets the sums by `npm run docs`

function scoreOf(file: string, tests: readonly string[]): Score {
  const report: Report = JSON.parse(readFileSync(join(root, "reports/mutation.json"), "utf8"));
  const statuses = Object.values(report.files).flatMap(({ source, mutants }) =>
    mutants.map((mutant) => statusOf(mutant, file, source)),
  );
  const count = (...names: string[]) => statuses.filter((status) => names.includes(status)).length;
  const [killed, survived] = [count("Killed", "Timeout"), count("Survived", "NoCoverage")];
  const percent = (100 * killed) / (killed + survived);
  if (percent < LOWEST_PERCENT) process.exitCode = 1;
  console.log(`${file}: ${percent.toFixed(1)} % by ${tests.join(", ")}`);
  return { mutants: killed + survived, killed, equivalent: count("Equivalent") };
}

function statusOf({ status, mutatorName, location }: Mutant, file: string, source: string): string {
  if (status !== "Survived" && status !== "NoCoverage") return status;
  const text = source.split("\n")[location.start.line - 1]!.trim();
  const isListed = equivalents.some(
    (entry) => entry.file === file && entry.line === text && entry.mutators.includes(mutatorName),
  );
  return isListed ? "Equivalent" : status;
}
