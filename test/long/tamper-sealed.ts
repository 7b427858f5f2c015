/**
 * Tampers with many sealed archives in every way of `test/hostile/sealed-tamperings.ts`, singly and in pairs, and asks
 * verify with the key and the noted newest seals; good archives are asked about first. What came of it goes into
 * `tamper-sealed.json` beside this file, from which `npm run docs` writes the tables of docs/tampering.md.
 *
 *     npx node test/long/tamper-sealed.ts [archives, default 1000] [times each, default 10]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../feed/random.ts";
import { makeSealedArchive, type SealedArchive } from "../hostile/sealed-archive.ts";
import { TAMPERINGS } from "../hostile/sealed-tamperings.ts";
import { tamper, type Verdict, verdictOf, verifyAll } from "../hostile/sealed-verdicts.ts";

const [archives = 1000, timesEach = 10] = process.argv.slice(2).map(Number);
/** Of ten times, so often two tamperings come together. */
const PAIRS_IN_TEN = 3;
const PAIR = "two of these, one after the other";
const NAMES = Object.keys(TAMPERINGS);
/** As the formatter would write it, comma included. */
const LINE_WIDTH = 120;

const startedAtMs = performance.now();
const tally = new Map([...NAMES, PAIR].map((name) => [name, { times: 0, bad: 0, cannotTell: 0 }]));
const has = { "late events": 0, gaps: 0, "two keys or more": 0, "time stamps": 0 };
const problems: string[] = [];
let falseAlarms = 0;
let seals = 0;

let other = await makeSealedArchive(0);
for (let seed = 1; seed <= archives; seed += 1) {
  const archive = await makeSealedArchive(seed);
  await judgeGood(archive, seed);
  for (let time = 0; time < timesEach; time += 1) {
    const random = createRandom("kinds", seed, time);
    const isPair = time % 10 < PAIRS_IN_TEN;
    // The kinds done least so far come first, so that those keep up which few archives offer a place for.
    const rarest = NAMES.toSorted((a, b) => tally.get(a)!.times - tally.get(b)!.times);
    for (const first of isPair ? [random.pick(NAMES)] : rarest) {
      const names = isPair ? [first, random.pick(NAMES)] : [first];
      const objects = await tamper(archive, other, names, seed * timesEach + time);
      if (objects === null) continue;
      note(
        isPair ? PAIR : first,
        verdictOf(await verifyAll(objects, archive)),
        `archive ${seed}: ${names.join(", then ")}`,
      );
      break;
    }
  }
  other = archive;
  if (seed % 20 === 0) {
    record(seed);
    console.error(`${seed} archives, ${problems.length} problems`);
  }
}
record(archives);

async function judgeGood(archive: SealedArchive, seed: number): Promise<void> {
  const reports = await verifyAll(archive.objects, archive);
  const [whole] = reports;
  seals += whole!.seals.reduce((sum, one) => sum + one.seals, 0);
  if (whole!.seals.some(({ lateDays }) => lateDays > 0)) has["late events"] += 1;
  if (whole!.seals.some(({ gaps }) => gaps.length > 0)) has.gaps += 1;
  if (whole!.seals.some(({ keys }) => keys.length > 1)) has["two keys or more"] += 1;
  if (whole!.seals.some(({ stamps }) => stamps.length > 0)) has["time stamps"] += 1;
  if (verdictOf(reports) === "good") return;
  falseAlarms += 1;
  problems.push(`archive ${seed} is good and said to be ${reports.map(({ outcome }) => outcome).join(", ")}`);
}

function note(kind: string, verdict: Verdict, what: string): void {
  const row = tally.get(kind)!;
  row.times += 1;
  if (verdict === "bad") row.bad += 1;
  else if (verdict === "cannot tell") row.cannotTell += 1;
  else problems.push(`${what}: good`);
}

/** Also while it goes on, so that a run that is stopped has shown what it has done. */
function record(archivesDone: number): void {
  const recorded = {
    recordedAt: new Date().toISOString().slice(0, 10),
    node: process.version,
    minutes: Math.round((performance.now() - startedAtMs) / 6_000) / 10,
    archives: archivesDone,
    seals,
    has,
    falseAlarms,
    kinds: Object.fromEntries(tally),
  };
  const json = JSON.stringify(recorded, null, 2).replaceAll(
    /^( *"[^"]*": )\{\s+("times"[^}]*?)\s+\}/gm,
    (lines: string, name: string, fields: string) => {
      const line = `${name}{ ${fields.replaceAll(/\s+/g, " ")} }`;
      return line.length < LINE_WIDTH ? line : lines;
    },
  );
  writeFileSync(join(import.meta.dirname, "tamper-sealed.json"), `${json}\n`);
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
