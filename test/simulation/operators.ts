/** What people do to the stores; where the archive then holds less than was known, nothing may be written. */
import { DAY_MS, ODD_DAY, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import { encodeHeader } from "../../lambda/segment/header.ts";
import { dayPrefix, parseSegmentKey, segmentKey } from "../../lambda/segment/key.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import type { Outcome } from "./run.ts";
import { isOfSeals } from "./seal-auditor.ts";
import { type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";

export interface Operator {
  /** May be done while processes run. */
  meddle(): void;
  /** Needs all processes stopped. `run` runs one to its end. */
  meddleQuietly(stopAll: () => void, run: () => Promise<Outcome>): Promise<void>;
  /** Removes what does not belong into an archive. */
  tidy(): void;
  /** What the bucket's lifecycle rule does by itself. */
  expire(): void;
  /** Damages a segment of a day that is long past, and gives the day and what repairs it; null: there is none. */
  damage(): { readonly day: string; repair(): void } | null;
}

export function createOperator(stage: Stage): Operator {
  const { swarm, random, objects, saved, backups, trace } = stage;
  const strays = new Set<string>();
  /** Without those of the sealer, which come and go by draws of its own. */
  const keysOfRuns = () => [...objects.keys()].filter((key) => !isOfSeals(key));

  async function tamper(what: string, change: () => void, run: () => Promise<Outcome>): Promise<void> {
    const copy = new Map(objects);
    stage.bucket += 1;
    change();
    trace.note(`operator: ${what}`);
    const mustHalt = isShort(stage);
    const landingsBefore = stage.landings;
    const outcome = mustHalt ? await run() : null;
    if (outcome?.kind === "report") {
      stage.fail(new Violation("halt", `${what}, the checkpoint knows more, and a run ends as if all were well`));
    }
    if (stage.landings > landingsBefore) stage.fail(new Violation("halt", `${what}, and a segment was written`));
    objects.clear();
    for (const [key, bytes] of copy) objects.set(key, bytes);
    trace.note("operator: the archive is put back");
  }

  return {
    meddle: () => {
      if (swarm.strikes("operator: checkpoint deleted")) {
        trace.note("operator: checkpoint deleted");
        saved.delete(WORKSPACE);
        stage.coverage.deleted();
      }
      const mayRestore = stage.world.expireAfterDays === null; // an old one knows of what was removed since
      if (mayRestore && backups.length > 0 && swarm.strikes("operator: checkpoint restored")) {
        const backup = random.pick(backups);
        trace.note(`operator: checkpoint restored to ${backup.version}`);
        saved.set(WORKSPACE, backup);
        stage.coverage.restored(backup.state);
      }
      if (keysOfRuns().length > 0 && swarm.strikes("operator: stray object")) {
        const { day } = parseSegmentKey(random.pick(keysOfRuns())) ?? { day: "2026-01-01" };
        const key =
          dayPrefix(WORKSPACE, day) + random.pick(["notes.txt", "000000.ndjson.gz", "1.gz", "000001.ndjson.gz.bak"]);
        objects.set(key, Buffer.from("not a segment"));
        strays.add(key);
      }
    },
    meddleQuietly: async (stopAll, run) => {
      const keys = keysOfRuns();
      if (keys.length === 0) return;
      if (swarm.strikes("operator: bucket emptied")) {
        stopAll();
        await tamper("the bucket was emptied", () => objects.clear(), run);
      }
      if (swarm.strikes("operator: bucket swapped")) {
        stopAll();
        const count = random.int(keys.length);
        await tamper("the bucket was swapped", () => keys.slice(count).map((key) => objects.delete(key)), run);
      }
      if (swarm.strikes("operator: last segments lost")) {
        stopAll();
        const newest = newestHint(stage);
        if (newest !== null) await tamper("a segment was lost", () => objects.delete(newest), run);
      }
      if (swarm.strikes("operator: segment of a later format")) {
        stopAll();
        await meetLaterFormat(stage, run);
      }
    },
    expire: () => {
      const { expireAfterDays } = stage.world;
      if (expireAfterDays === null) return;
      for (const [key, landedMs] of stage.landedMs) {
        if (stage.time.now() - landedMs < expireAfterDays * DAY_MS) continue;
        stage.landedMs.delete(key);
        if (objects.delete(key)) trace.note(`lifecycle removes ${key}`);
      }
    },
    damage: () => {
      const newest = Object.keys(saved.get(WORKSPACE)?.state.hints ?? {}).sort()[0] ?? "";
      const keys = [...objects.keys()].filter((key) => {
        const day = parseSegmentKey(key)?.day ?? ODD_DAY;
        return day !== ODD_DAY && day < newest;
      });
      if (keys.length === 0) return null;
      const key = random.pick(keys);
      const { day } = parseSegmentKey(key)!;
      const bytes = objects.get(key)!;
      const broken = Buffer.from(bytes);
      broken.fill(0x55, broken.length >> 1);
      objects.set(key, broken);
      trace.note(`operator: ${key} is damaged`);
      return { day, repair: () => void objects.set(key, bytes) };
    },
    tidy: () => {
      for (const key of strays) objects.delete(key);
      strays.clear();
    },
  };
}

/** Key of the segment that the checkpoint knows as the last one of its newest day. */
function newestHint({ saved }: Stage): string | null {
  const hints = saved.get(WORKSPACE)?.state.hints ?? {};
  const day = Object.keys(hints).sort().at(-1);
  return day === undefined ? null : segmentKey(WORKSPACE, day, hints[day]!.number);
}

function isShort(stage: Stage): boolean {
  const newest = newestHint(stage);
  return newest !== null && !stage.objects.has(newest);
}

/** A newer version has written to a day: this one must leave that day alone. */
async function meetLaterFormat(stage: Stage, run: () => Promise<Outcome>): Promise<void> {
  const { objects } = stage;
  const last = [...objects.keys()]
    .filter((key) => parseSegmentKey(key) !== null)
    .sort()
    .at(-1);
  if (last === undefined) return;
  const { day, number } = parseSegmentKey(last)!;
  const { manifest } = readHeader(objects.get(last)!);
  const key = segmentKey(WORKSPACE, day, number + 1);
  const later = JSON.stringify({ ...manifest, format: 2, number: number + 1, vector: [startOfDay(shiftDay(day, 1))] });
  stage.bucket += 1;
  objects.set(key, encodeHeader(Buffer.from(later)));
  stage.trace.note(`operator: a later version has written ${key}`);
  await run();
  if (objects.has(segmentKey(WORKSPACE, day, number + 2))) {
    stage.fail(new Violation("unknown format", `a segment was written after ${key}`));
  }
  objects.delete(key);
}
