/** What all simulated processes share: time, chance, the stream, the stores, and one place where broken rules are told. */

import { createRandom, type Random } from "../../feed/random.ts";
import { COVERAGE_PREFIX } from "../../lambda/coverage/coverage-key.ts";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, msToInstant } from "../../lambda/event/instant.ts";
import type { ArchiveStore, Checkpoint, CheckpointState, CheckpointStore } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { type Auditor, createAuditor } from "./auditor.ts";
import { describeState } from "./checkpoint-view.ts";
import { type CoverageAuditor, createCoverageAuditor } from "./coverage.ts";
import type { Episode } from "./lies.ts";
import { createLooks, type Looks } from "./looks.ts";
import { createSealAuditor, isOfSeals, type SealAuditor } from "./seal-auditor.ts";
import { storedCodec } from "./stored-codec.ts";
import { createStream, type Stream } from "./stream.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";
import { createTime, type Time } from "./time.ts";
import { createTrace, type Trace } from "./trace.ts";
import { Violation } from "./violation.ts";
import { drawWorld, steadyWorld, type World } from "./world.ts";

export const WORKSPACE = "1201";
export const codec = storedCodec;
const START_MS = Date.parse("2026-03-01T00:00:00.000Z");

/** What a process draws from. */
export interface Chance {
  readonly random: Random;
  readonly swarm: Swarm;
}

export interface Stage extends Chance {
  readonly time: Time;
  readonly trace: Trace;
  readonly stream: Stream;
  readonly auditor: Auditor;
  readonly coverage: CoverageAuditor;
  readonly seals: SealAuditor;
  /** The archive's objects and the checkpoints, for operators. */
  readonly objects: Map<string, Buffer>;
  readonly saved: Map<string, Checkpoint>;
  readonly archive: ArchiveStore;
  readonly checkpoints: CheckpointStore;
  /** Every state the checkpoint ever had: backups. */
  readonly backups: Checkpoint[];
  readonly downUntilMs: { archive: number; checkpoint: number };
  readonly world: World;
  /** In which the source lies, or fails at one place. */
  readonly episodes: Episode[];
  /** Events that were not shown, and to whom. */
  readonly looks: Looks;
  /** Whether runs compare all of a span that they read with what is archived of it: their settings have the memory. */
  comparesAll: boolean;
  /** Ids of earlier runs are remembered: few enough come in between, and the checkpoint is not put back. */
  remembersIds: boolean;
  /** When each segment landed. */
  readonly landedMs: Map<string, number>;
  /** Runs use the real client over a simulated wire, instead of the port directly. */
  readonly isWired: boolean;
  /** The source's clock less the true one. */
  sourceSkewMs: number;
  /** Notes a broken rule, wherever it is noticed: no process can swallow it. */
  fail(violation: Violation): never;
  readonly violations: Violation[];
  /** Segments that landed so far. */
  landings: number;
  /** Runs started so far. */
  runs: number;
  /** Which bucket is in place: a put on its way to another one never lands in this. */
  bucket: number;
}

/** What a reference run fixes; nothing goes wrong on such a stage but what a script says. */
export interface FixedStage {
  readonly startMs: number;
  readonly pageSize: number;
  /** Where it differs from a steady world. */
  readonly world?: Partial<World>;
}

export function createStage(seed: number, isKept = false, fixed?: FixedStage): Stage {
  const random = createRandom("simulation", seed);
  const swarm = drawSwarm(random);
  swarm.isCalm = fixed !== undefined;
  const drawnMs = START_MS + random.int(400 * 24) * HOUR_MS + random.int(HOUR_MS);
  const time = createTime(fixed?.startMs ?? drawnMs);
  const offsetLifeMs = random.pick([15, 15, 15, 1, 120, 100_000, 100_000]) * MINUTE_MS;
  const stream = createStream(fixed ? 15 * MINUTE_MS : offsetLifeMs);
  const objects = new Map<string, Buffer>();
  const saved = new Map<string, Checkpoint>();
  const backups: Checkpoint[] = [];
  const looks = createLooks();
  const auditor = createAuditor({ stream, looks, saved, backups }, WORKSPACE, codec);
  const { ids, uncompared } = auditor;
  const coverage = createCoverageAuditor({ stream, looks, saved, ids, uncompared, now: time.now });
  const seals = createSealAuditor(objects, time.now);
  const violations: Violation[] = [];
  const rawArchive = createMemoryArchive(objects);
  const rawCheckpoints = createMemoryCheckpoint(saved);

  const check = async (look: () => void | Promise<void>): Promise<void> => {
    try {
      await look();
    } catch (error) {
      stage.fail(error instanceof Violation ? error : new Violation("oracle", String(error)));
    }
  };
  const stage: Stage = {
    random,
    swarm,
    time,
    stream,
    objects,
    saved,
    backups,
    auditor,
    coverage,
    seals,
    violations,
    trace: createTrace(isKept, time.now),
    archive: {
      ...rawArchive,
      create: async (key, bytes) => {
        const outcome = await rawArchive.create(key, bytes);
        stage.trace.note(`landing ${key} ${bytes.length} bytes: ${outcome}`);
        if (outcome === "created" && isOfSeals(key)) await check(() => seals.landed(key, Buffer.from(bytes)));
        else if (outcome === "created") {
          stage.landings += 1;
          if (key.startsWith(COVERAGE_PREFIX)) await check(() => coverage.landed(key, Buffer.from(bytes)));
          else {
            stage.landedMs.set(key, time.now());
            await check(() => auditor.landed(key, Buffer.from(bytes)));
          }
        }
        return outcome;
      },
    },
    checkpoints: {
      ...rawCheckpoints,
      move: async (workspace, state: CheckpointState, from) => {
        const outcome = await rawCheckpoints.move(workspace, state, from);
        stage.trace.note(`move from ${from} to ${state.watermark} ${describeState(state)}: ${outcome.kind}`);
        if (outcome.kind === "moved") {
          await check(() => auditor.moved(state));
          const backup = saved.get(workspace)!;
          coverage.moved(backup.state);
          backups.push(backup);
        }
        return outcome;
      },
    },
    downUntilMs: { archive: 0, checkpoint: 0 },
    world: fixed ? { ...steadyWorld(fixed.pageSize), ...fixed.world } : drawWorld(random, swarm),
    episodes: [],
    looks,
    comparesAll: true,
    remembersIds: true,
    landedMs: new Map(),
    sourceSkewMs: swarm.strikes("source: clock differs") ? (random.int(61) - 30) * 1000 : 0,
    isWired: random.chance(fixed ? 0 : 0.2),
    landings: 0,
    runs: 0,
    bucket: 0,
    fail: (violation) => {
      violations.push(violation);
      throw violation;
    },
  };
  return stage;
}

/** Saves the checkpoint of an archive that has been kept for long: all that was due at `ms` has been scheduled. */
export function keptSince({ saved }: Stage, ms: number): void {
  const scheduled = {
    recentUntil: msToInstant(ms - HOUR_MS),
    settledThrough: dayOf(msToInstant(ms - 31 * HOUR_MS)),
    agedThrough: dayOf(msToInstant(ms - 81 * DAY_MS)),
  };
  saved.set(WORKSPACE, { version: "kept for long", state: { ...emptyCheckpoint, scheduled } });
}
