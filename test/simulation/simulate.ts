/** `npm run simulate -- --seed N`: replays one seed and prints what happened. */
import { parseArgs } from "node:util";
import { simulate } from "./simulation.ts";

const { values } = parseArgs({ options: { seed: { type: "string" }, to: { type: "string" } } });
const from = Number(values.seed ?? 1);
const to = Number(values.to ?? from);
const started = performance.now();
let failed = 0;
let effects = 0;
const rules = new Map<string, string[]>();
for (let seed = from; seed <= to; seed += 1) {
  const result = await simulate(seed, to === from);
  effects += result.effects;
  if (to === from) console.log(result.trace.join("\n"), "\n", { ...result, trace: result.trace.length });
  if (result.failure !== null) {
    failed += 1;
    const rule = result.failure.slice(0, 60);
    rules.set(rule, [...(rules.get(rule) ?? []), `${seed}: ${result.failure.slice(0, 400)}`]);
  }
}
const ms = performance.now() - started;
console.log({ failed, effects, msPerSeed: ms / (to - from + 1) });
for (const [rule, seeds] of [...rules].sort((a, b) => b[1].length - a[1].length).slice(0, 15)) console.log(seeds.length, rule, "\n   ", seeds.slice(0, 3).join("\n    "));
