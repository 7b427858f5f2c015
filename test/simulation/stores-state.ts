/** The stores and the source as one value that never changes: each effect gives an answer and the next value. */
import type { SourceEvent } from "../../lambda/event/event.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { Checkpoint, CheckpointState, MoveOutcome, Page, PageRequest } from "../../lambda/ports.ts";
import { watermarkFalls } from "../../lambda/stores/checkpoint-format.ts";

export interface StoresState {
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly checkpoint: Checkpoint | null;
  /** Moves so far; versions never come back. */
  readonly moves: number;
  /** Events of the source that are shown; the rest becomes visible late, one after the other. */
  readonly shown: number;
  /** Puts whose sender was told "unknown", and which have not landed yet. */
  readonly inFlight: ReadonlyMap<string, Buffer>;
  /** How often a create may still be answered with "unknown". */
  readonly unknownsLeft: number;
}

export type Call =
  | { readonly kind: "list"; readonly prefix: string; readonly startAfter: string }
  | { readonly kind: "get"; readonly key: string; readonly start: number; readonly end: number }
  | { readonly kind: "create"; readonly key: string; readonly bytes: Buffer }
  | { readonly kind: "read" }
  | { readonly kind: "move"; readonly state: CheckpointState; readonly from: string | null }
  | { readonly kind: "page"; readonly request: PageRequest }
  | { readonly kind: "sleep" };

export interface Effect {
  readonly answer: unknown;
  readonly next: StoresState;
}

export interface SourceModel {
  /** In stream order; `late` is when it comes into view: 0 from the start, 1 with the first step, and so on. */
  readonly events: readonly { readonly event: SourceEvent; readonly late: number }[];
  readonly pageSize: number;
  readonly now: Instant;
}

/** All that may come of a call: one answer, or several where a store may fall silent. */
export function effectsOf(state: StoresState, call: Call, source: SourceModel): Effect[] {
  const { objects } = state;
  switch (call.kind) {
    case "list": {
      const keys = [...objects.keys()].filter((key) => key.startsWith(call.prefix) && key > call.startAfter);
      const answer = keys.sort().map((key) => ({ key, sizeBytes: objects.get(key)!.length }));
      return [{ answer, next: state }];
    }
    case "get":
      return [{ answer: objects.get(call.key)?.subarray(call.start, call.end) ?? null, next: state }];
    case "create": {
      const landed = land(state, call.key, call.bytes);
      const effects: Effect[] = [{ answer: landed === state ? "exists" : "created", next: landed }];
      if (state.unknownsLeft > 0) {
        const left = { unknownsLeft: state.unknownsLeft - 1 };
        effects.push({ answer: "unknown", next: { ...landed, ...left } });
        const inFlight = new Map([...state.inFlight, [call.key, call.bytes]]);
        effects.push({ answer: "unknown", next: { ...state, ...left, inFlight } });
      }
      return effects;
    }
    case "read":
      return [{ answer: state.checkpoint, next: state }];
    case "move":
      return [move(state, call.state, call.from)];
    case "page":
      return [{ answer: page(state, call.request, source), next: state }];
    default:
      return [{ answer: undefined, next: state }];
  }
}

/** What happens without any process: a late event comes into view, a put lands. */
export function stepsOf(state: StoresState, lateSteps: number): StoresState[] {
  const landings = [...state.inFlight].map(([key, bytes]) => {
    const inFlight = new Map([...state.inFlight].filter(([other]) => other !== key));
    return { ...land(state, key, bytes), inFlight };
  });
  return state.shown < lateSteps ? [...landings, { ...state, shown: state.shown + 1 }] : landings;
}

function land(state: StoresState, key: string, bytes: Buffer): StoresState {
  return state.objects.has(key) ? state : { ...state, objects: new Map([...state.objects, [key, bytes]]) };
}

function move(state: StoresState, to: CheckpointState, from: string | null): Effect {
  const { checkpoint } = state;
  const isRefused =
    (checkpoint?.version ?? null) !== from || watermarkFalls(checkpoint?.state.watermark ?? null, to.watermark);
  if (isRefused) return { answer: { kind: "conflict", current: checkpoint } satisfies MoveOutcome, next: state };
  const version = `move-${state.moves + 1}`;
  const next = { ...state, moves: state.moves + 1, checkpoint: { version, state: to } };
  return { answer: { kind: "moved", version } satisfies MoveOutcome, next };
}

/** A token is a place in the stream, so that it does not depend on who asked before. */
function page({ shown }: StoresState, { startAt, endAt, offset, limit }: PageRequest, source: SourceModel): Page {
  const from = offset === undefined ? -1 : Number(offset.slice(1));
  const matching = source.events.flatMap(({ event, late }, place) => {
    const isIn = (!startAt || event.at! >= startAt) && (!endAt || event.at! < endAt) && late <= shown;
    return isIn ? [{ event, place }] : [];
  });
  const found = matching.filter(({ place }) => place > from).slice(0, Math.min(limit ?? 1000, source.pageSize));
  const token = `p${found.at(-1)?.place ?? from}`;
  const events = found.map(({ event }) => event);
  return { kind: "page", events, offset: matching.length === 0 ? null : token, servedAt: source.now };
}
