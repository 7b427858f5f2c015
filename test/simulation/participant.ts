/**
 * A run of the real core as a tree: a place in it is what the run has been answered so far, for the same answers bring
 * it to the same place. So a place is computed once, however many interleavings lead there.
 */
import type { RunDeps } from "../../lambda/drain/run.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { storedCodec } from "./stored-codec.ts";
import type { Call } from "./stores-state.ts";
import { settled } from "./time.ts";
import { Violation } from "./violation.ts";

export type Program = (deps: RunDeps) => Promise<unknown>;

export interface Place {
  readonly id: number;
  /** Calls that wait for an answer, by their numbers. */
  readonly waiting: ReadonlyMap<number, Call>;
  readonly nexts: Map<string, Place>;
  readonly path: readonly (readonly [call: number, answer: unknown])[];
}

export interface Participant {
  readonly start: Place;
  /** The place after an answer, if it is known already. */
  known(place: Place, call: number, answerKey: string): Place | undefined;
  go(place: Place, call: number, answerKey: string, answer: unknown): Promise<Place>;
  readonly places: number;
}

interface Live {
  readonly waiting: Map<number, { readonly call: Call; readonly resolve: (answer: unknown) => void }>;
  failure: Error | null;
}

export async function createParticipant(name: string, program: Program, nowMs: number): Promise<Participant> {
  let places = 0;
  const lives = new Map<Place, Live>(); // runs that stand at a place, so that going on needs no replay

  async function stand(live: Live, path: Place["path"]): Promise<Place> {
    await settled();
    if (live.failure !== null) throw live.failure;
    const waiting = new Map([...live.waiting].map(([number, { call }]) => [number, call] as const));
    const place: Place = { id: places++, waiting, nexts: new Map(), path };
    lives.set(place, live);
    return place;
  }

  return {
    start: await stand(begin(name, program, nowMs), []),
    known: (place, call, answerKey) => place.nexts.get(`${call} ${answerKey}`),
    go: async (place, call, answerKey, answer) => {
      const live = lives.get(place) ?? (await replay(place.path));
      lives.delete(place);
      live.waiting.get(call)!.resolve(answer);
      const next = await stand(live, [...place.path, [call, answer]]);
      place.nexts.set(`${call} ${answerKey}`, next);
      return next;
    },
    get places() {
      return places;
    },
  };

  async function replay(path: Place["path"]): Promise<Live> {
    const live = begin(name, program, nowMs);
    await settled();
    for (const [call, answer] of path) {
      live.waiting.get(call)!.resolve(answer);
      await settled();
    }
    return live;
  }
}

function begin(name: string, program: Program, nowMs: number): Live {
  const live: Live = { waiting: new Map(), failure: null };
  let calls = 0;
  const ask = <T>(call: Call, signal?: AbortSignal): Promise<T> => {
    const number = calls++;
    return new Promise((resolve, reject) => {
      const end = () => live.waiting.delete(number);
      signal?.addEventListener("abort", () => {
        end();
        reject(signal.reason);
      });
      live.waiting.set(number, {
        call,
        resolve: (answer) => {
          end();
          resolve(answer as T);
        },
      });
    });
  };
  const deps: RunDeps = {
    source: { page: (request, signal) => ask({ kind: "page", request }, signal) },
    archive: {
      list: async function* (prefix, startAfter = "") {
        yield* await ask<[]>({ kind: "list", prefix, startAfter });
      },
      get: (key, range) => ask({ kind: "get", key, start: range?.start ?? 0, end: (range?.end ?? 1e9) + 1 }),
      create: (key, bytes) => ask({ kind: "create", key, bytes: Buffer.from(bytes) }),
    },
    checkpoints: {
      read: () => ask({ kind: "read" }),
      move: (_, state, from) => ask({ kind: "move", state, from }),
    },
    clock: { now: () => nowMs, sleep: () => ask({ kind: "sleep" }) },
    codec: storedCodec,
    log: () => undefined,
    writer: "1.0.0",
    runId: name,
  };
  program(deps).catch((error: unknown) => {
    const isExpected = error instanceof ArchiverError && error.kind === "unavailable";
    if (!isExpected) live.failure = new Violation("errors", `${name}: ${error instanceof Error ? error.stack : error}`);
  });
  return live;
}
