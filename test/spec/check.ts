/**
 * Checks the specification by random simulation: the scenarios of the crash table, the sound protocol against all
 * invariants, and each broken rule, which must be caught. `--samples 20000 --seed 7` for a longer look.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const here = import.meta.dirname;
const spec = join(here, "daylog.qnt");
const quint = join(here, "node_modules/@informalsystems/quint/dist/src/cli.js");
/** More steps than any trace has: those with trouble, and those until rest. */
const MAX_STEPS = 140;

const { values } = parseArgs({
  options: { samples: { type: "string", default: "150" }, seed: { type: "string", default: "1" } },
});
const samples = Number(values.samples);
const seed = `0x${Number(values.seed).toString(16)}`;

if (!existsSync(quint)) npmCi();
const caught = namesIn(/val (caught\w+)/g);
const rules = namesIn(/isCaught\("([^"]+)"\)/g);
const brokenInPlaces = new Set(namesIn(/broken == "([^"]+)"/g));
if (rules.length !== brokenInPlaces.size || !rules.every((rule) => brokenInPlaces.has(rule))) {
  fail("The rules that are broken and those that must be caught are not the same.");
}

run("test", "--main=sound", "--max-samples=1");
const sound = simulate("sound", samples, ["--invariant=safe", "--witnesses", "isResting"]);
if (witnessed(sound, "isResting") !== samples) fail(`Not every trace came to rest:\n${sound}`);
console.log(`spec: ${samples} traces, no invariant violated, all came to rest`);

// With a few hundred traces each rule is caught several times over: a thirtieth of them break any one rule visibly.
const broken = simulate("broken", Math.max(300, samples), ["--step=stepWhileSafe", "--witnesses", ...caught]);
const missed = caught.filter((name) => witnessed(broken, name) === 0);
if (missed.length > 0) fail(`Not caught: ${missed.join(", ")}\n${broken}`);
console.log(`spec: ${caught.length} broken rules of ${caught.length} caught`);

function simulate(main: string, traces: number, options: readonly string[]): string {
  const fixed = [`--max-samples=${traces}`, `--max-steps=${MAX_STEPS}`, `--seed=${seed}`, "--verbosity=1"];
  return run("run", `--main=${main}`, ...fixed, ...options);
}

function run(command: string, ...options: readonly string[]): string {
  const began = performance.now();
  const done = spawnSync(process.execPath, [quint, command, spec, "--backend=typescript", ...options], {
    encoding: "utf8",
  });
  const text = `${done.stdout}${done.stderr}`;
  if (done.status !== 0) fail(text);
  console.log(`quint ${command} ${options[0]}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return text;
}

function witnessed(output: string, name: string): number {
  return Number(new RegExp(`^${name} was witnessed in (\\d+) trace`, "m").exec(output)?.[1] ?? Number.NaN);
}

function namesIn(pattern: RegExp): string[] {
  return [...readFileSync(spec, "utf8").matchAll(pattern)].map((match) => match[1]!);
}

/** Its packages are not the product's: 43 MB, used by nothing else. */
function npmCi(): void {
  const done = spawnSync("npm", ["ci", "--prefix", here, "--ignore-scripts", "--no-audit", "--no-fund"], {
    stdio: "inherit",
  });
  if (done.status !== 0) fail("Could not install the checker: npm ci in test/spec failed.");
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
