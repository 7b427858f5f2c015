import { ArchiverError } from "../../lambda/errors.ts";
import type { CreateOutcome } from "../../lambda/ports.ts";

/** One call of a store or a signer, numbered over all ports that share the same `Faults`. */
export interface Effect {
  /** 1, 2, 3, ... */
  readonly number: number;
  readonly port: "archive" | "checkpoint" | "signer";
  readonly operation: "list" | "get" | "create" | "read" | "move" | "sign";
  /** Key, prefix, workspace, or the name of a signer. */
  readonly target: string;
}

/**
 * What goes wrong with one call, as data. `took` says whether the store acted before the answer was lost.
 *
 * - `fail`: the call throws ArchiverError `unavailable`, as a timeout or a 503 does.
 * - `answer`: a create answers `exists` (with `took`: the SDK's retry of its own success, or PreconditionFailed under
 *   another status; without: a store that claims it) or `unknown` (409, 5xx, timeout). A move answers `conflict` for
 *   `exists`, and throws for `unknown`.
 * - `late`: a create or a move answers `unknown` and takes effect only later, after that many further effects, or when
 *   the test says so.
 * - `cut`: a list fails after it gave that many objects.
 * - `crash`: the process dies there; throws SimulatedCrash.
 */
export type Fault =
  | { readonly kind: "fail"; readonly took: boolean }
  | { readonly kind: "answer"; readonly outcome: Exclude<CreateOutcome, "created">; readonly took: boolean }
  | { readonly kind: "late"; readonly afterEffects: number }
  | { readonly kind: "cut"; readonly afterObjects: number }
  | { readonly kind: "crash"; readonly took: boolean };

/** Deterministic if it is a function of the effect and a seeded generator. */
export type Decide = (effect: Effect) => Fault | null;

export interface Faults {
  /** Numbers a call, lets what is due land, and says what goes wrong with the call. */
  next(port: Effect["port"], operation: Effect["operation"], target: string): Promise<Fault | null>;
  /** Keeps an action for later; see `late`. */
  defer(afterEffects: number, action: () => Promise<unknown>): void;
  /** Lets everything that is still on its way take effect now. */
  landAll(): Promise<void>;
  /** All calls so far. */
  readonly effects: readonly Effect[];
}

export function createFaults(decide: Decide = () => null): Faults {
  const effects: Effect[] = [];
  let deferred: { dueAt: number; action: () => Promise<unknown> }[] = [];

  async function land(isDue: (dueAt: number) => boolean): Promise<void> {
    const due = deferred.filter(({ dueAt }) => isDue(dueAt));
    deferred = deferred.filter(({ dueAt }) => !isDue(dueAt));
    for (const { action } of due) await action();
  }

  return {
    effects,
    async next(port, operation, target) {
      const effect: Effect = { number: effects.length + 1, port, operation, target };
      effects.push(effect);
      await land((dueAt) => dueAt < effect.number);
      return decide(effect);
    },
    defer(afterEffects, action) {
      deferred.push({ dueAt: effects.length + afterEffects, action });
    },
    landAll: () => land(() => true),
  };
}

/** Faults by the number of the effect they hit. */
export function script(faults: Readonly<Record<number, Fault>>): Decide {
  return ({ number }) => faults[number] ?? null;
}

/** Stands for the end of the process: nothing in the core may catch it and go on. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";

  constructor(effect: string) {
    super(`Crashed at ${effect}.`);
  }
}

export const simulatedOutage = (effect: string): ArchiverError =>
  new ArchiverError("unavailable", `The store did not answer (simulated, at ${effect}).`, { advice: "Run again." });
