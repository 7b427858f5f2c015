/** Commands in any order against a model that is a set of gids; and races, decided by a scheduler that shrinks. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { verify } from "../../lambda/archive/verify.ts";
import { drain } from "../../lambda/drain/drain.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import { HOUR_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER } from "../fakes/run.ts";
import { refuse } from "./auditor.ts";
import { MODEL_RUNS } from "./counts.ts";
import { type RunPlan, startRun } from "./run.ts";
import { codec, createStage, type Stage, WORKSPACE } from "./stage.ts";
import { type Stream, spellEvent } from "./stream.ts";

const NOON_MS = Date.parse("2026-05-02T12:00:00.000Z");

/** All that is promised: these gids, each once, and no other. */
interface Model {
  readonly shown: Set<string>;
}
interface Real {
  readonly stage: Stage;
  gids: number;
}
type Command = fc.AsyncCommand<Model, Real>;

const command = (name: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => name,
});

const plan = (what: RunPlan["what"], dyingAt: number | null = null, took = false): RunPlan => {
  let calls = 0;
  const decide = () => (++calls === dyingAt ? ({ kind: "crash", took } as const) : null);
  return {
    what,
    settings: { batchEvents: 2 },
    limits: {},
    writer: "1.0.0",
    timeMs: 14 * MINUTE_MS,
    decide,
  };
};

async function play(stage: Stage, ...plans: RunPlan[]): Promise<void> {
  const runs = plans.map((each) => {
    stage.runs += 1;
    return startRun(stage, `run-${stage.runs}`, each);
  });
  await stage.time.runWhile(() => runs.some(({ outcome }) => outcome === null), stage.time.now() + HOUR_MS);
  expect(stage.violations).toEqual([]);
}

function show({ stream, time }: Stage, gid: string, ageMs: number): void {
  const ms = time.now() - ageMs;
  const createdAt = new Date(ms).toISOString();
  stream.add({ ...spellEvent({ gid, createdAt }), at: ms * 1000, visibleMs: time.now(), lateMs: ageMs });
}

const emit = (count: number, ageMs: number) =>
  command(`emit ${count} of age ${ageMs}`, async (model, real) => {
    for (let i = 0; i < count; i += 1) {
      const gid = String(1000 + real.gids++);
      model.shown.add(gid);
      show(real.stage, gid, ageMs);
    }
  });

const commands = [
  fc.integer({ min: 1, max: 4 }).map((count) => emit(count, 0)),
  fc.integer({ min: 1, max: 50 }).map((minutes) => emit(1, minutes * MINUTE_MS)),
  fc
    .integer({ min: 1, max: 180 })
    .map((minutes) =>
      command(`pass ${minutes} minutes`, (_, { stage }) => stage.time.runUntil(stage.time.now() + minutes * MINUTE_MS)),
    ),
  fc.constant(command("run A", (_, { stage }) => play(stage, plan("drain")))),
  fc.constant(command("run A and B", (_, { stage }) => play(stage, plan("drain"), plan("drain")))),
  fc.constant(command("rescan", (_, { stage }) => play(stage, plan({ kind: "last", ms: 3 * HOUR_MS })))),
  fc
    .tuple(fc.integer({ min: 1, max: 15 }), fc.boolean())
    .map(([at, took]) =>
      command(`crash at ${at}${took ? ", done" : ""}`, (_, { stage }) => play(stage, plan("drain", at, took))),
    ),
  fc.constant(
    command("drop table", async (_, { stage }) => {
      stage.saved.clear();
    }),
  ),
  fc.constant(
    command("verify", async (model, { stage }) => {
      const { archive, checkpoints } = stage;
      refuse((await verify({ archive, checkpoints, codec }, {})).faults);
      expect([...stage.auditor.ids.keys()].filter((id) => !model.shown.has(id))).toEqual([]);
    }),
  ),
];

it("whatever commands come, in the end the archive holds the set of gids that were shown", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 5 }),
    fc.commands(commands, { maxCommands: 30 }),
    async (pageSize, list) => {
      const model: Model = { shown: new Set() };
      const stage = createStage(1, false, { startMs: NOON_MS, pageSize });
      await fc.asyncModelRun(() => ({ model, real: { stage, gids: 0 } }), list);
      // A rescan ends at a whole second of the source's clock.
      await stage.time.runUntil(stage.time.now() + MINUTE_MS);
      await play(stage, plan("drain"));
      await play(stage, plan({ kind: "window", startAt: null, endAt: null }));
      expect(new Set(stage.auditor.ids.keys())).toEqual(model.shown);
    },
  );
  await fc.assert(property, { numRuns: MODEL_RUNS });
}, 600_000);

it("up to four runs that race, each with its own page size, archive each event once", async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }),
    async (scheduler, pageSizes, hours) => {
      const { stream } = createStage(1, false, { startMs: NOON_MS, pageSize: 4 });
      for (const [index, hour] of hours.entries()) {
        const ms = NOON_MS - 13 * HOUR_MS + hour * HOUR_MS; // a day ends in between, and some share an instant
        const spelled = spellEvent({ gid: String(100 + index), createdAt: new Date(ms).toISOString() });
        stream.add({ ...spelled, at: ms * 1000, visibleMs: ms, lateMs: 0 });
      }
      const stores = { archive: createMemoryArchive(), checkpoints: createMemoryCheckpoint() };
      const runs = pageSizes.map((pageSize, index) =>
        drain(racingDeps(scheduler, { ...stores, stream, pageSize, runId: `run-${index}` }), options, NEVER),
      );
      await scheduler.waitFor(Promise.all(runs));
      const report = await verify({ ...stores, codec }, {});
      expect(report.faults).toEqual([]);
      expect(report.workspaces[0]?.events).toBe(hours.length);
    },
  );
  await fc.assert(property, { numRuns: MODEL_RUNS });
}, 600_000);

const options = { workspace: WORKSPACE, settings: { batchEvents: 2 }, limits: { readers: 1 } };

/** Every call of a port waits until the scheduler picks it. */
function racingDeps(
  scheduler: fc.Scheduler,
  world: Pick<RunDeps, "archive" | "checkpoints" | "runId"> & { readonly stream: Stream; readonly pageSize: number },
): RunDeps {
  const { archive, checkpoints, stream, pageSize, runId } = world;
  const race = <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) => scheduler.scheduleFunction(work);
  const list = race((prefix: string, after?: string) => Array.fromAsync(archive.list(prefix, after)));
  return {
    source: {
      page: race(async (request) => {
        const read = stream.read(request, { nowMs: NOON_MS, pageSize, repeated: 0, isHidden: null });
        if (typeof read === "string") return { kind: "offset-refused", reason: read } as const;
        const events = read.events.map(({ event }) => event);
        return { kind: "page", events, offset: read.token, servedAt: null } as const;
      }),
    },
    archive: {
      list: async function* (prefix, after) {
        yield* await list(prefix, after);
      },
      get: race(archive.get),
      create: race(archive.create),
    },
    checkpoints: { read: race(checkpoints.read), move: race(checkpoints.move) },
    clock: { now: () => NOON_MS, sleep: async () => undefined },
    codec,
    log: () => undefined,
    writer: "1.0.0",
    runId,
  };
}
