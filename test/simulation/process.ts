/** One simulated process: it may die at any effect, freeze, be late, and have a wrong clock. Nothing outlives its death. */
import { HOUR_MS } from "../../lambda/event/instant.ts";
import type { CheckpointState, CheckpointStore, Clock } from "../../lambda/ports.ts";
import type { Fault, Faults } from "../fakes/faults.ts";
import { createFaultyArchive } from "../fakes/faulty-archive.ts";
import { createFaultyCheckpoint } from "../fakes/faulty-checkpoint.ts";
import { type Decide, drawFaults } from "./draw-fault.ts";
import type { Looker } from "./looks.ts";
import { createMemory, type Memory } from "./memory.ts";
import { type Chance, type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";

/** Far more than any seed needs. */
const MAX_EFFECTS = 200_000;

export interface Process {
  readonly name: string;
  readonly clock: Clock;
  readonly stores: { readonly archive: ReturnType<typeof createFaultyArchive>; readonly checkpoints: CheckpointStore };
  readonly looker: Looker | null;
  readonly memory: Memory;
  readonly isDead: () => boolean;
  /** A frozen process is not killed before it wakes: whoever kills it is frozen as well. */
  readonly frozenUntilMs: () => number;
  /** Resolves when it dies. */
  readonly died: Promise<void>;
  kill(why: string): void;
  /** Before an effect: the time it takes to get there. Never resolves in a dead process. */
  reach(effect: string, target: string, signal?: AbortSignal): Promise<void>;
  /** What goes wrong with a call that has got there. A crash has killed it by then. */
  strike(call: string): Fault | null;
  /** How often its clock was set while it ran: times read before and after do not compare. */
  readonly clockJumps: () => number;
  /** The last state it asked the checkpoint to take. */
  readonly asked: () => CheckpointState | null;
  /** Before a request to the source: it must not come while the process knows that it shall not. */
  checkNotBefore(): void;
}

export interface ProcessOptions {
  readonly decide?: Decide;
  readonly looker?: Looker | null;
  readonly skewMs?: number;
  /** Left out, that of the stage. */
  readonly chance?: Chance;
}

export function createProcess(stage: Stage, name: string, options: ProcessOptions = {}): Process {
  const { chance = stage, decide = drawFaults(stage, chance), looker = null } = options;
  const { time, trace, world } = stage;
  const { random, swarm } = chance;
  let isDead = false;
  let jumps = 0;
  let frozenUntilMs = 0;
  let skewMs = options.skewMs ?? (swarm.strikes("clock: wrong by hours") ? (random.int(13) - 6) * HOUR_MS : 0);
  let asked: CheckpointState | null = null;
  let barredUntil: string | null = null;
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  const hang = <T>(): Promise<T> => new Promise<T>(() => undefined);

  function kill(why: string): void {
    if (isDead) return;
    isDead = true;
    trace.note(`${name} dies: ${why}`);
    die();
  }

  function latencyMs(effect: string): number {
    if (swarm.strikes("process: frozen for hours")) {
      const forMs = HOUR_MS * (1 + random.int(30));
      frozenUntilMs = Math.max(frozenUntilMs, time.now() + forMs);
      return forMs;
    }
    if (swarm.strikes("process: slow effect")) return 1000 * (1 + random.int(300));
    return Math.ceil(middleMs(effect) * (0.5 + random.next()));
  }

  function middleMs(effect: string): number {
    if (effect.startsWith("archive.")) return world.storeMs;
    return effect.startsWith("checkpoint.") ? world.checkpointMs : world.pageMs;
  }

  async function reach(effect: string, target: string, signal?: AbortSignal): Promise<void> {
    if (isDead) return await hang();
    if (trace.length > MAX_EFFECTS) stage.fail(new Violation("I8", "it does not come to an end"));
    trace.note(`${name} ${effect} ${target}`);
    if (swarm.strikes("clock: jumps in a run")) {
      jumps += 1;
      skewMs += (random.int(241) - 120) * 60_000;
    }
    await time.sleep(latencyMs(effect), signal);
  }

  function strike(call: string): Fault | null {
    const fault = decide(call);
    if (fault !== null) trace.note(`${name} ${call}: ${JSON.stringify(fault)}`);
    if (fault?.kind === "crash") kill(call);
    return fault;
  }

  const faults: Faults = {
    effects: [],
    next: async (port, operation, target) => {
      const call = `${port}.${operation}`;
      const { bucket } = stage;
      await reach(call, target);
      if (port === "archive" && stage.bucket !== bucket) return await hang(); // it went to the other bucket
      return strike(call);
    },
    // A delay here is time, not a number of effects.
    defer: (delayMs, action) => {
      const { bucket } = stage;
      time.after(delayMs).then(() => (stage.bucket === bucket ? action() : undefined), undefined);
    },
    landAll: async () => undefined,
  };

  const checkpoints = createFaultyCheckpoint(stage.checkpoints, faults);
  return {
    name,
    died,
    kill,
    reach,
    strike,
    looker,
    memory: createMemory(stage, name),
    isDead: () => isDead,
    frozenUntilMs: () => frozenUntilMs,
    clockJumps: () => jumps,
    asked: () => asked,
    clock: {
      now: () => time.now() + skewMs,
      sleep: (delayMs, signal) => {
        if (!isDead) strike("clock.sleep");
        return isDead ? hang() : time.sleep(delayMs, signal);
      },
    },
    stores: {
      archive: createFaultyArchive(stage.archive, faults),
      checkpoints: {
        move: (workspace, state, from) => {
          asked = state;
          return checkpoints.move(workspace, state, from);
        },
        read: async (workspace) => {
          const checkpoint = await checkpoints.read(workspace);
          const notBefore = checkpoint?.state.notBefore ?? null;
          const waitMs = notBefore === null ? 0 : Date.parse(notBefore) - (time.now() + skewMs);
          const isBarred = waitMs > 0 && waitMs <= HOUR_MS; // one further ahead is of a clock that was wrong
          barredUntil = isBarred ? notBefore : null;
          return checkpoint;
        },
      },
    },
    checkNotBefore: () => {
      if (barredUntil === null) return;
      stage.fail(new Violation("not before", `${name} asks ${WORKSPACE} although it knows: not before ${barredUntil}`));
    },
  };
}
