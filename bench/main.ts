/**
 * `npm run bench [-- <name>...] [--smoke] [--check] [--record] [--recorded] [--json] [--rounds N]`
 *
 * Runs all benches, or those named. `--smoke`: tiny inputs, only to see that they work. `--check`: exit 1 if a ratio is
 * more than 10 % worse than recorded. `--record`: keep the findings in `bench/results.json`, from which `npm run docs`
 * writes `docs/performance.md`. `--recorded`: run nothing and print what was recorded.
 */
import { parseArgs } from "node:util";
import { BENCHES } from "./benches.ts";
import type { Bench, Findings, Scale } from "./harness/bench.ts";
import { alignedTable, ratioTable } from "./harness/figures.ts";
import { readResults, record, worsened } from "./harness/record.ts";

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    recorded: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
  },
});

const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown !== undefined) {
  console.error(`The bench ${unknown} does not exist. Benches: ${BENCHES.map((bench) => bench.name).join(", ")}.`);
  process.exit(2);
}

const scale: Scale = {
  isSmoke: flags.smoke,
  rounds: flags.smoke ? 1 : Number(flags.rounds),
  pick: (full, smoke) => (flags.smoke ? smoke : full),
  note: (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`),
};
const complaints: string[] = [];
for (const bench of BENCHES.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const findings: Findings | undefined = flags.recorded ? readResults()[bench.name] : await bench.run(scale);
  if (findings === undefined) continue; // never recorded
  scale.note("");
  if (flags.json) console.log(JSON.stringify({ bench: bench.name, ...findings }));
  else print(bench, findings);
  if (flags.check) complaints.push(...worsened(findings.ratios, readResults()[bench.name]?.ratios ?? []));
  if (flags.record && !flags.smoke && !flags.recorded) record(bench.name, findings, scale.rounds);
}
for (const complaint of complaints) console.error(`worse than recorded: ${complaint}`);
process.exitCode = complaints.length > 0 ? 1 : 0;

function print(bench: Bench, { ratios, tables, notes = [] }: Findings): void {
  console.log(`\n${alignedTable(ratioTable(`${bench.name}: ${bench.claim}`, ratios))}`);
  for (const table of tables) console.log(`\n${alignedTable(table)}`);
  for (const note of notes) console.log(`\n- ${note}`);
}
