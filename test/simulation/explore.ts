/** Walks through every interleaving of several runs of the real core; a state that was met before is not gone on from. */
import { hash } from "node:crypto";
import { createRandom } from "../../feed/random.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import { instantToMs } from "../../lambda/event/instant.ts";
import type { ArchiveStore, Checkpoint } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER } from "../fakes/run.ts";
import { refuse } from "./auditor.ts";
import { createParticipant, type Participant, type Place, type Program } from "./participant.ts";
import { storedCodec as codec } from "./stored-codec.ts";
import { effectsOf, type SourceModel, type StoresState, stepsOf } from "./stores-state.ts";
import { Violation } from "./violation.ts";

export interface Exploration {
  readonly programs: Readonly<Record<string, Program>>;
  readonly source: SourceModel;
  /** Late events come into view in this many steps. */
  readonly lateSteps: number;
  readonly start: StoresState;
  readonly workspace: string;
  readonly maxStates: number;
  /** Throws where the stores do not hold, or could not be made to. Left out: as is right for runs. */
  readonly judge?: (state: StoresState) => Promise<void>;
}

export interface Explored {
  readonly states: number;
  /** Different states of the stores. */
  readonly stores: number;
  readonly isComplete: boolean;
}

interface Known {
  readonly id: number;
  readonly state: StoresState;
}

/** Places of the participants, packed into one number; each has fewer than this. */
const MAX_PLACES = 2 ** 17;

export async function explore(exploration: Exploration): Promise<Explored> {
  const { source, lateSteps, maxStates } = exploration;
  const nowMs = instantToMs(source.now);
  const participants: Participant[] = [];
  for (const [name, program] of Object.entries(exploration.programs)) {
    participants.push(await createParticipant(name, program, nowMs));
  }
  const known = new Map<string, Known>();
  const visited: Set<number>[] = [];
  const stack: { readonly places: readonly Place[]; readonly stores: Known }[] = [];
  const random = createRandom("interleavings");
  let states = 0;

  await visit(
    participants.map(({ start }) => start),
    exploration.start,
  );
  while (stack.length > 0 && states < maxStates) {
    // Any of those that are open, so that a bounded walk gets everywhere.
    const chosen = random.int(stack.length);
    const { places, stores } = stack[chosen]!;
    const last = stack.pop()!;
    if (chosen < stack.length) stack[chosen] = last;
    for (const next of stepsOf(stores.state, lateSteps)) await visit(places, next);
    for (const [index, place] of places.entries()) {
      for (const [number, call] of place.waiting) {
        for (const { answer, next } of effectsOf(stores.state, call, source)) {
          const participant = participants[index]!;
          const key = answerKey(answer);
          const there = participant.known(place, number, key) ?? (await participant.go(place, number, key, answer));
          await visit(places.with(index, there), next);
        }
      }
    }
  }
  return { states, stores: known.size, isComplete: stack.length === 0 };

  async function visit(places: readonly Place[], state: StoresState): Promise<void> {
    const stores = await recognise(state);
    if (places.some(({ id }) => id >= MAX_PLACES)) throw new Error("more places than fit into a number");
    const packed = places.reduce((sum, { id }) => sum * MAX_PLACES + id, 0);
    const seen = visited[stores.id]!;
    if (seen.has(packed)) return;
    seen.add(packed);
    states += 1;
    stack.push({ places, stores });
  }

  /** Each state of the stores is judged once, when it is met first: as it is, and if everybody died there. */
  async function recognise(state: StoresState): Promise<Known> {
    const key = stateKey(state);
    const met = known.get(key);
    if (met !== undefined) return met;
    const stores = { id: known.size, state };
    known.set(key, stores);
    visited.push(new Set());
    await (exploration.judge?.(state) ?? judge(exploration, state));
    return stores;
  }
}

async function judge({ workspace, source }: Exploration, state: StoresState): Promise<void> {
  const objects = new Map(state.objects);
  const saved = new Map<string, Checkpoint>(state.checkpoint === null ? [] : [[workspace, state.checkpoint]]);
  const archive = createMemoryArchive(objects);
  const checkpoints = createMemoryCheckpoint(saved);
  refuse((await verify({ archive, checkpoints, codec }, {})).faults);

  const nowMs = instantToMs(source.now);
  const asked = new Map(state.inFlight);
  const deps = {
    source: { page: async (request: object) => pageOf(state, request, source) },
    archive,
    checkpoints,
    clock: { now: () => nowMs, sleep: async () => undefined },
    codec,
    log: () => undefined,
    writer: "1.0.0",
    runId: "calm",
  };
  await drain(deps as never, { workspace }, NEVER);
  await rescan(deps as never, { workspace, what: { kind: "window", startAt: null, endAt: source.now } }, NEVER);
  for (const [key, bytes] of asked) await archive.create(key, bytes); // what was on its way lands after all that
  const held = await lineCount(archive);
  const owed = source.events.filter(({ late }) => late <= state.shown).length;
  if (held !== owed) throw new Violation("I1", `${held} lines after calm runs, and ${owed} events were shown`);
  refuse((await verify({ archive, checkpoints, codec }, {})).faults);
}

const pageOf = (state: StoresState, request: object, source: SourceModel) =>
  effectsOf(state, { kind: "page", request: request as never }, source)[0]!.answer;

async function lineCount(archive: ArchiveStore): Promise<number> {
  const { workspaces } = await verify({ archive, codec }, {});
  return workspaces.reduce((sum, { events }) => sum + events, 0);
}

function answerKey(answer: unknown): string {
  if (answer instanceof Buffer) return hash("sha1", answer, "base64");
  return answer === undefined ? "" : JSON.stringify(answer, (_, value) => (value instanceof Buffer ? "" : value));
}

const names = new WeakMap<Buffer, string>();
function bytesName(bytes: Buffer): string {
  const name = names.get(bytes) ?? hash("sha1", bytes, "base64");
  names.set(bytes, name);
  return name;
}

function stateKey({ objects, checkpoint, moves, shown, inFlight, unknownsLeft }: StoresState): string {
  const spell = (map: ReadonlyMap<string, Buffer>) =>
    [...map].map(([key, bytes]) => `${key.slice(-26)}=${bytesName(bytes)}`).sort();
  return `${spell(objects)}|${JSON.stringify(checkpoint)}|${moves}|${shown}|${spell(inFlight)}|${unknownsLeft}`;
}
