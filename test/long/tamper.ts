/**
 * Damages many archives in every way of `test/hostile/damages` and asks verify; good archives are asked about first.
 * Every archive is made by real drains of a simulated feed. What came of it goes into `tamper.json`
 * beside this file, from which `npm run docs` writes the tables of docs/tampering.md.
 *
 *     npx node test/long/tamper.ts [archives, default 1000] [damages of each, default 10]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../feed/random.ts";
import { DAMAGES } from "../hostile/damages/seen.ts";
import { UNSEEN } from "../hostile/damages/unseen.ts";
import { makeRealArchive } from "../hostile/real-archive.ts";
import { tamper, targetOf, verifyObjects } from "../hostile/tampering.ts";

const [archives = 1000, damagesEach = 10] = process.argv.slice(2).map(Number);
const startedAtMs = performance.now();
const tally = DAMAGES.map((damage) => ({ damage, done: 0, found: 0 }));
const unseen = UNSEEN.map((damage) => ({ damage, done: 0, alone: 0, withCheckpoint: 0 }));
const problems: string[] = [];
let falseAlarms = 0;
let segments = 0;
let events = 0;

for (let seed = 1; seed <= archives; seed++) {
  const archive = await makeRealArchive(seed);
  const target = targetOf(archive);
  segments += target.segments.length;
  events += target.segments.reduce((sum, { lines }) => sum + lines.length, 0);
  for (const checkpoints of [undefined, archive.checkpoints]) {
    const { outcome, faults } = await verifyObjects(archive.objects, checkpoints);
    if (outcome === "clean") continue;
    falseAlarms += 1;
    problems.push(`archive ${seed} is good and said to be ${outcome}: ${faults[0]?.message}`);
  }
  // The kind done least so far comes first, so that kinds which few archives offer a place for keep up.
  let left = damagesEach;
  for (const row of tally.toSorted((a, b) => a.done - b.done)) {
    if (left === 0) break;
    const missed = await tamper(target, row.damage, String(seed));
    if (missed === null) continue;
    left -= 1;
    row.done += 1;
    if (missed === "") row.found += 1;
    else problems.push(`archive ${seed}, ${row.damage.name}: ${missed}`);
  }
  for (const row of unseen) {
    const objects = new Map(archive.objects);
    const random = createRandom(row.damage.name, seed);
    if (!row.damage.apply({ objects, segments: target.segments, random })) continue;
    row.done += 1;
    if ((await verifyObjects(objects)).faultCount > 0) row.alone += 1;
    if ((await verifyObjects(objects, archive.checkpoints)).faultCount > 0) row.withCheckpoint += 1;
  }
  if (seed % 100 === 0) console.error(`${seed} archives, ${problems.length} problems`);
}

const recorded = {
  recordedAt: new Date().toISOString().slice(0, 10),
  node: process.version,
  minutes: Number(((performance.now() - startedAtMs) / 60_000).toFixed(1)),
  archives,
  segments,
  events,
  falseAlarms,
  seen: Object.fromEntries(tally.map(({ damage, done, found }) => [damage.name, { times: done, found }])),
  unseen: Object.fromEntries(
    unseen.map(({ damage, done, alone, withCheckpoint }) => [damage.name, { times: done, alone, withCheckpoint }]),
  ),
};
const json = JSON.stringify(recorded, null, 2).replaceAll(
  /\{\s+("times"[^}]*?)\s+\}/g,
  (_, fields: string) => `{ ${fields.replaceAll(/\s+/g, " ")} }`,
);
writeFileSync(join(import.meta.dirname, "tamper.json"), `${json}\n`);
console.log(recorded);
for (const problem of problems.slice(0, 50)) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
