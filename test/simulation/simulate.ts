/**
 * The simulation by hand:
 *
 *     npm run simulate -- --seed 17                   replays one seed and prints all that happened
 *     npm run simulate -- --from 1 --to 5000          plays seeds; prints each failure and the command that replays it.
 *                                                   With --minutes 20, no further batch is begun after that time
 *     npm run simulate -- --record --to 1000000       goes on where the last record ended; can be stopped at any time.
 *                                                   `npm run docs` then writes the sums into docs/evidence.md
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { addResults, readEvidence, writeEvidence } from "./evidence.ts";
import { playSeeds } from "./pool.ts";
import { simulate } from "./simulation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    to: { type: "string", default: "1000" },
    threads: { type: "string", default: String(availableParallelism()) },
    minutes: { type: "string", default: "Infinity" },
    record: { type: "boolean", default: false },
  },
});
const threads = Number(values.threads);
const to = Number(values.to);
// What is recorded is recorded in whole parts, however long they take.
const untilMs = values.record ? Number.POSITIVE_INFINITY : performance.now() + Number(values.minutes) * 60_000;
let played = 0;
let failures = 0;

if (values.seed !== undefined) await replay(Number(values.seed));
else if (values.record) await record();
else {
  await play(Number(values.from), to);
  const asked = to - Number(values.from) + 1;
  console.log(
    `${played} seeds of ${asked} were played${played < asked ? ", then time was up" : ""}; ${failures} failed`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;

async function replay(seed: number): Promise<void> {
  const { trace, ...result } = await simulate(seed, true);
  console.log(trace.join("\n"));
  console.log(result);
  if (result.failure !== null) failures += 1;
}

async function play(from: number, upTo: number, onResults = (_: Parameters<typeof addResults>[1]): void => undefined) {
  await playSeeds({
    from,
    to: upTo,
    threads,
    onBatch: (results) => {
      onResults(results);
      played += results.length;
      for (const { seed, failure } of results) {
        if (failure === null) continue;
        failures += 1;
        console.log(`seed ${seed}: ${failure}\n  npm run simulate -- --seed ${seed}`);
      }
      return performance.now() >= untilMs;
    },
  });
}

/** In parts, so that little is lost when it is stopped. */
async function record(): Promise<void> {
  const evidence = readEvidence();
  while (evidence.seeds < to) {
    const startedMs = performance.now();
    const upTo = Math.min(to, evidence.seeds + 1000);
    await play(evidence.seeds + 1, upTo, (results) => addResults(evidence, results));
    evidence.hours += (performance.now() - startedMs) / 3_600_000;
    evidence.seeds = upTo;
    await writeEvidence(evidence);
  }
}
