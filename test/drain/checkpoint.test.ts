/** The checkpoint as one run knows it: moved forward only, and never needed for what is archived. */
import { expect, it } from "vitest";
import { type CheckpointChange, emptyCheckpoint, openCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { emptyReport } from "../../lambda/drain/report.ts";
import { addSpan, markRead } from "../../lambda/drain/spans.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { type Instant, laterInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState, CheckpointStore, LogEnd } from "../../lambda/ports.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { spanOf } from "./scripted-run.ts";

const WORKSPACE = "1201";
const at = (hour: number): Instant => `2026-05-01T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;
const stateAt = (hour: number, more: Partial<CheckpointState> = {}): CheckpointState => {
  return { ...emptyCheckpoint, watermark: at(hour), ...more };
};
const span = (from: number, until: number) => spanOf(at(from), at(until), { purpose: "new", dueAt: at(0) });
/** What a run does to the state. */
const seen =
  (hour: number): CheckpointChange =>
  (state) => ({ ...state, watermark: laterInstant(state.watermark, at(hour)) });
const read =
  (from: number, until: number): CheckpointChange =>
  (state) => {
    return { ...state, spans: markRead(state.spans, span(from, until)) };
  };
const add =
  (from: number, until: number): CheckpointChange =>
  (state) => {
    return { ...state, spans: addSpan(state.spans, span(from, until)) };
  };
const failing =
  (error: Error, times: number) =>
  (store: CheckpointStore): CheckpointStore => {
    let calls = 0;
    return {
      ...store,
      move: async (...args) => {
        calls += 1;
        if (calls <= times) throw error;
        return await store.move(...args);
      },
    };
  };
const unavailable = new ArchiverError("unavailable", "The table did not answer.", { advice: "" });
const LEFT = { level: "info", message: "checkpoint left to another run", workspace: WORKSPACE };
const NOT_MOVED = { level: "warn", message: "checkpoint not moved", workspace: WORKSPACE, reason: unavailable.message };

async function open(initial: CheckpointState | null = null, wrap = (store: CheckpointStore) => store) {
  const store = createMemoryCheckpoint();
  if (initial !== null) await store.move(WORKSPACE, initial, null);
  const said: unknown[] = [];
  const report = emptyReport(WORKSPACE, "run-1");
  const log = (level: string, message: string, fields?: object) => void said.push({ level, message, ...fields });
  const mover = await openCheckpoint({ checkpoints: wrap(store), log }, WORKSPACE, report);
  return { mover, report, said, stored: async () => (await store.read(WORKSPACE))?.state };
}

/** Another run moves the checkpoint just before each of our first moves. */
const rival =
  (...changes: readonly CheckpointChange[]) =>
  (store: CheckpointStore): CheckpointStore => {
    const left = [...changes];
    return {
      ...store,
      move: async (workspace, state, from) => {
        const current = await store.read(workspace);
        const change = left.shift();
        if (change !== undefined) await store.move(workspace, change(current!.state), current!.version);
        return await store.move(workspace, state, from);
      },
    };
  };

it("a checkpoint that does not exist is an empty one, and the report begins with what is stored", async () => {
  const none = await open();
  expect(none.mover.state).toEqual(emptyCheckpoint);
  expect(none.report).toMatchObject({ watermark: null, blankRuns: 0, checkpointMoves: 0 });
  const { mover, report } = await open(stateAt(9, { blankRuns: 2 }));
  expect(mover.state).toEqual(stateAt(9, { blankRuns: 2 }));
  expect(report).toMatchObject({ watermark: at(9), blankRuns: 2 });
});

it("a move is stored, known and counted, the next one too", async () => {
  const { mover, report, stored, said } = await open();
  expect(await mover.move((state) => ({ ...seen(9)(state), blankRuns: 1 }))).toBe(true);
  expect(report).toMatchObject({ watermark: at(9), blankRuns: 1, checkpointMoves: 1 });
  expect(await mover.move((state) => ({ ...seen(10)(state), blankRuns: 0 }))).toBe(true);
  expect(report).toMatchObject({ watermark: at(10), blankRuns: 0, checkpointMoves: 2 });
  expect([await stored(), mover.state, said]).toEqual([stateAt(10), stateAt(10), []]);
});

it("moves at once are made one after the other", async () => {
  const { mover, report, said } = await open();
  expect(await Promise.all([9, 11, 10].map((hour) => mover.move(seen(hour))))).toEqual([true, true, true]);
  expect(report).toMatchObject({ watermark: at(11), checkpointMoves: 3 });
  expect(said).toEqual([]);
});

it("after conflicts, what was done is done to what is there now: neither run undoes the other's", async () => {
  const { mover, report, stored, said } = await open(
    stateAt(7, { spans: [span(0, 6)] }),
    rival(read(4, 5), seen(10), add(7, 8)),
  );
  expect(await mover.move(read(1, 2))).toBe(true);
  const expected = stateAt(10, { spans: [span(0, 1), span(2, 4), span(5, 6), span(7, 8)] });
  expect([await stored(), mover.state]).toEqual([expected, expected]);
  expect([report.checkpointMoves, report.watermark, said]).toEqual([1, at(10), []]);
});

it("what is only noted is stored with the next move, also what is noted during a move", async () => {
  let moves = 0;
  const { mover, stored } = await open(stateAt(7, { spans: [span(0, 6)] }), (store) => {
    const contested = rival(read(4, 5))(store);
    return {
      ...store,
      move: async (...args) => {
        moves += 1;
        if (moves > 1) return await contested.move(...args);
        const outcome = await store.move(...args);
        mover.note(read(2, 3));
        return outcome;
      },
    };
  });
  mover.note(read(0, 1));
  expect(await stored()).toEqual(stateAt(7, { spans: [span(0, 6)] }));
  expect(await mover.move(seen(8))).toBe(true);
  expect(await stored()).toEqual(stateAt(8, { spans: [span(1, 6)] }));
  expect(await mover.move(seen(9))).toBe(true);
  expect(await stored()).toEqual(stateAt(9, { spans: [span(1, 2), span(3, 4), span(5, 6)] }));
});

it("where the checkpoint was deleted meanwhile, what this run has done is done to an empty one", async () => {
  const { mover, report } = await open(stateAt(7, { blankRuns: 3 }), (store) => ({
    ...store,
    move: async (_, __, from) =>
      from === null ? { kind: "moved", version: "1" } : { kind: "conflict", current: null },
  }));
  expect(await mover.move(seen(9))).toBe(true);
  expect([mover.state, report.watermark]).toEqual([stateAt(9), at(9)]);
});

it("after four conflicts it is left to the others, and what this run did is stored with its next move", async () => {
  const { mover, report, stored, said } = await open(
    stateAt(7, { spans: [span(0, 6)] }),
    rival(seen(8), seen(8), seen(8), seen(8)),
  );
  expect(await mover.move(read(0, 2))).toBe(false);
  expect([await stored(), report.checkpointMoves, said]).toEqual([stateAt(8, { spans: [span(0, 6)] }), 0, [LEFT]]);
  expect(mover.state).toEqual(stateAt(8, { spans: [span(2, 6)] }));
  expect(await mover.move(read(5, 6))).toBe(true);
  expect(await stored()).toEqual(stateAt(8, { spans: [span(2, 5)] }));
});

it("a store that does not answer is survived, and what was not stored is stored with the next move", async () => {
  const { mover, report, stored, said } = await open(stateAt(7, { spans: [span(0, 6)] }), failing(unavailable, 2));
  expect(await mover.move(read(0, 2))).toBe(false);
  expect(await mover.move(seen(8))).toBe(false);
  expect(said).toEqual([NOT_MOVED, NOT_MOVED]);
  expect(report).toMatchObject({ watermark: at(7), checkpointMoves: 0 });
  expect(mover.state).toEqual(stateAt(8, { spans: [span(2, 6)] }));
  expect(await mover.move(read(5, 6))).toBe(true);
  expect(await stored()).toEqual(stateAt(8, { spans: [span(2, 5)] }));
  expect(report).toMatchObject({ watermark: at(8), checkpointMoves: 1 });
});

it("a move that was made although the store did not say so is made once more, and does no harm", async () => {
  let calls = 0;
  const { mover, stored, said } = await open(stateAt(7, { spans: [span(0, 6)] }), (store) => ({
    ...store,
    move: async (...args) => {
      calls += 1;
      const outcome = await store.move(...args);
      if (calls === 1) throw unavailable;
      return outcome;
    },
  }));
  expect(await mover.move(read(0, 2))).toBe(false);
  expect(await mover.move(seen(8))).toBe(true);
  expect(await stored()).toEqual(stateAt(8, { spans: [span(2, 6)] }));
  expect([calls, said]).toEqual([3, [NOT_MOVED]]);
});

it.each([
  ["a refusal", new ArchiverError("misconfigured", "No such table.", { advice: "" })],
  ["a fault of ours", new TypeError("x is not a function")],
])("%s ends the run, and later moves are still made", async (_, error) => {
  const { mover, stored } = await open(null, failing(error, 1));
  const moves = [mover.move(seen(9)), mover.move(seen(8))];
  await expect(moves[0]).rejects.toBe(error);
  expect(await moves[1]).toBe(true);
  expect(await stored()).toEqual(stateAt(9));
});

it("a checkpoint that cannot be read ends the run", async () => {
  const opening = open(null, (store) => ({ ...store, read: () => Promise.reject(unavailable) }));
  await expect(opening).rejects.toBe(unavailable);
});

it("spans are stored in order, and neighbours as one", async () => {
  const { mover, stored } = await open(stateAt(9));
  await mover.move((state) => ({ ...state, spans: [span(4, 6), span(1, 2), span(2, 4)] }));
  expect((await stored())?.spans).toEqual([span(1, 6)]);
});

const hint = (number: number, more: Partial<LogEnd> = {}): LogEnd => ({
  ...{ number, manifestHash: "a".repeat(64), logCount: number, logNewest: null },
  ...{ idsAtNewest: null, recentIds: null, sizeBytes: 9 },
  ...more,
});
const [ONE, TWO, THREE, FOUR] = ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"] as const;

it.each<
  [rule: string, before: CheckpointState["hints"], after: CheckpointState["hints"], kept: CheckpointState["hints"]]
>([
  [
    "that reaches further stays",
    { [ONE]: hint(5), [TWO]: hint(1) },
    { [ONE]: hint(4), [TWO]: hint(2) },
    { [ONE]: hint(5), [TWO]: hint(2) },
  ],
  [
    "that reaches as far is taken from the later run",
    { [ONE]: hint(1) },
    { [ONE]: hint(1, { logCount: 7 }) },
    { [ONE]: hint(1, { logCount: 7 }) },
  ],
  ["of another run is not forgotten", { [ONE]: hint(1) }, {}, { [ONE]: hint(1) }],
  [
    "of one of the three newest days is kept, in whatever order they come",
    { [FOUR]: hint(1), [ONE]: hint(1) },
    { [THREE]: hint(1), [TWO]: hint(1) },
    { [TWO]: hint(1), [THREE]: hint(1), [FOUR]: hint(1) },
  ],
  [
    "names the ids archived last where its day is one of the two newest",
    { [ONE]: hint(1, { recentIds: "AAAAAQ==" }), [TWO]: hint(1, { recentIds: "AAAAAg==" }) },
    { [THREE]: hint(1, { recentIds: "AAAAAw==" }) },
    { [ONE]: hint(1), [TWO]: hint(1, { recentIds: "AAAAAg==" }), [THREE]: hint(1, { recentIds: "AAAAAw==" }) },
  ],
  [
    "names the ids of both runs where another has archived some that this one has not read",
    { [ONE]: hint(5, { recentIds: "AQAAAAIAAAA=" }) },
    { [ONE]: hint(5, { recentIds: "AwAAAA==" }) },
    { [ONE]: hint(5, { recentIds: "AQAAAAIAAAADAAAA" }) },
  ],
  [
    "that reaches further has its own ids behind those of the other",
    { [ONE]: hint(6, { recentIds: "AQAAAAIAAAA=" }) },
    { [ONE]: hint(5, { recentIds: "AwAAAA==" }) },
    { [ONE]: hint(6, { recentIds: "AwAAAAEAAAACAAAA" }) },
  ],
])("a hint %s", async (_, before, after, kept) => {
  const { mover, stored } = await open(stateAt(9, { hints: before }));
  await mover.move((state) => ({ ...state, hints: after }));
  expect((await stored())?.hints).toEqual(kept);
});
