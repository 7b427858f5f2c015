/** The checkpoint as one run knows it: moved forward only, and never needed for what is archived. */
import { expect, it } from "vitest";
import { advance, emptyCheckpoint, openCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { emptyReport } from "../../lambda/drain/report.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { CheckpointState, CheckpointStore, DayHint } from "../../lambda/ports.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";

const WORKSPACE = "1201";
const at = (hour: number): Instant => `2026-05-01T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;
const stateAt = (hour: number, more: Partial<CheckpointState> = {}): CheckpointState => ({
  ...emptyCheckpoint,
  watermark: at(hour),
  ...more,
});
const unavailable = new ArchiverError("unavailable", "The table did not answer.", { advice: "" });

async function open(
  stored: CheckpointState | null = null,
  wrap: (store: CheckpointStore) => CheckpointStore = (s) => s,
) {
  const store = createMemoryCheckpoint();
  if (stored !== null) await store.move(WORKSPACE, stored, null);
  const said: unknown[] = [];
  const report = emptyReport(WORKSPACE, "run-1");
  const log = (level: string, message: string, fields?: object) => void said.push({ level, message, ...fields });
  const mover = await openCheckpoint({ checkpoints: wrap(store), log }, WORKSPACE, report);
  return { store, mover, report, said, stored: async () => (await store.read(WORKSPACE))?.state ?? null };
}

/** Another run moves the checkpoint just before each of our first `times` moves. */
const rival =
  (times: number, next: (turn: number) => CheckpointState) =>
  (store: CheckpointStore): CheckpointStore => {
    let turn = 0;
    return {
      read: store.read,
      move: async (workspace, state, from) => {
        if (turn < times) {
          const current = await store.read(workspace);
          await store.move(workspace, next(turn), current?.version ?? null);
        }
        turn += 1;
        return await store.move(workspace, state, from);
      },
    };
  };

it("a checkpoint that is not there is an empty one", async () => {
  const { mover, report } = await open();
  expect(mover.state).toEqual(emptyCheckpoint);
  expect(report).toMatchObject({ watermark: null, blankRuns: 0, checkpointMoves: 0 });
});

it("the report begins with what is stored", async () => {
  const { mover, report } = await open(stateAt(9, { blankRuns: 2 }));
  expect(mover.state).toEqual(stateAt(9, { blankRuns: 2 }));
  expect(report).toMatchObject({ watermark: at(9), blankRuns: 2 });
});

it("a move is stored, known and counted, the next one too", async () => {
  const { mover, report, stored, said } = await open();
  expect(await mover.move({ watermark: at(9), blankRuns: 1 })).toBe(true);
  expect(report).toMatchObject({ watermark: at(9), blankRuns: 1, checkpointMoves: 1 });
  expect(await mover.move({ watermark: at(10), blankRuns: 0 })).toBe(true);
  expect(report).toMatchObject({ watermark: at(10), blankRuns: 0, checkpointMoves: 2 });
  expect(await stored()).toEqual(stateAt(10));
  expect(mover.state).toEqual(stateAt(10));
  expect(said).toEqual([]);
});

it("moves at once are made one after the other", async () => {
  const { mover, report, said } = await open();
  expect(await Promise.all([9, 10, 11].map((hour) => mover.move({ watermark: at(hour) })))).toEqual([true, true, true]);
  expect(report).toMatchObject({ watermark: at(11), checkpointMoves: 3 });
  expect(said).toEqual([]);
});

it("a move back is left undone, and told", async () => {
  const { mover, report, stored, said } = await open(stateAt(9));
  expect(await mover.move({ watermark: at(8) })).toBe(false);
  expect(await stored()).toEqual(stateAt(9));
  expect(report.checkpointMoves).toBe(0);
  expect(said).toEqual([
    { level: "info", message: "checkpoint left to another run", workspace: WORKSPACE, outcome: "behind" },
  ]);
});

it("after a conflict the move is made once more, on what is there now", async () => {
  const { mover, report, stored, said } = await open(
    stateAt(7),
    rival(1, () => stateAt(8, { blankRuns: 5 })),
  );
  expect(await mover.move({ watermark: at(9) })).toBe(true);
  expect(await stored()).toEqual(stateAt(9, { blankRuns: 5 }));
  expect(report.checkpointMoves).toBe(1);
  expect(said).toEqual([]);
});

it("a run that is further ahead keeps the checkpoint", async () => {
  const { mover, stored, said } = await open(
    stateAt(7),
    rival(1, () => stateAt(10)),
  );
  expect(await mover.move({ watermark: at(9) })).toBe(false);
  expect(await stored()).toEqual(stateAt(10));
  expect(mover.state).toEqual(stateAt(10));
  expect(said).toEqual([
    { level: "info", message: "checkpoint left to another run", workspace: WORKSPACE, outcome: "behind" },
  ]);
});

it("after two conflicts it is left to the others", async () => {
  const { mover, stored, said } = await open(
    stateAt(7),
    rival(2, (turn) => stateAt(8, { blankRuns: turn })),
  );
  expect(await mover.move({ watermark: at(9) })).toBe(false);
  expect(await stored()).toEqual(stateAt(8, { blankRuns: 1 }));
  expect(said).toEqual([
    { level: "info", message: "checkpoint left to another run", workspace: WORKSPACE, outcome: "conflict" },
  ]);
});

it("a store that does not answer is survived and told, and the next move is made", async () => {
  let calls = 0;
  const { mover, report, said } = await open(stateAt(7), (store) => ({
    read: store.read,
    move: async (...args) => {
      calls += 1;
      if (calls === 1) throw unavailable;
      return await store.move(...args);
    },
  }));
  expect(await mover.move({ watermark: at(8) })).toBe(false);
  expect(said).toEqual([
    { level: "warn", message: "checkpoint not moved", workspace: WORKSPACE, reason: "The table did not answer." },
  ]);
  expect(report).toMatchObject({ watermark: at(7), checkpointMoves: 0 });
  expect(await mover.move({ watermark: at(9) })).toBe(true);
});

it.each([
  ["a refusal", new ArchiverError("misconfigured", "No such table.", { advice: "" })],
  ["a fault of ours", new TypeError("x is not a function")],
])("%s ends the run, and later moves are still made", async (_, error) => {
  let calls = 0;
  const { mover } = await open(null, (store) => ({
    read: store.read,
    move: async (...args) => {
      calls += 1;
      if (calls === 1) throw error;
      return await store.move(...args);
    },
  }));
  const moves = [mover.move({ watermark: at(8) }), mover.move({ watermark: at(9) })];
  await expect(moves[0]).rejects.toBe(error);
  expect(await moves[1]).toBe(true);
});

const hint = (number: number, idsAtNewest: string[] | null = null): DayHint => ({
  number,
  manifestHash: "",
  logCount: number,
  logNewest: null,
  idsAtNewest,
  sizeBytes: 9,
});

it("the newest days' hints are kept, in whatever order they come", () => {
  const before = stateAt(9, { hints: { "2026-05-04": hint(1), "2026-05-01": hint(1) } });
  const after = advance(before, { hints: { "2026-05-03": hint(1), "2026-05-02": hint(1) } });
  expect(Object.keys(after!.hints)).toEqual(["2026-05-02", "2026-05-03", "2026-05-04"]);
});

it("of two hints that reach as far, the later one is kept", () => {
  const before = stateAt(9, { hints: { "2026-05-01": hint(1, ["a"]) } });
  expect(advance(before, { hints: { "2026-05-01": hint(1, ["b"]) } })?.hints).toEqual({ "2026-05-01": hint(1, ["b"]) });
});

it.each([
  ["2026-05-01", "2026-05-02", "2026-05-02"],
  ["2026-05-02", "2026-05-01", "2026-05-02"],
  ["2026-05-01", "2026-05-01", "2026-05-01"],
  [null, "2026-05-01", "2026-05-01"],
  ["2026-05-01", null, "2026-05-01"],
  [null, null, null],
])("of rescans through %s and through %s, %s is known to be done", (a, b, later) => {
  const through = (day: string | null) => ({ recentUntil: null, settledThrough: day, agedThrough: day });
  expect(advance(stateAt(9, { rescans: through(a) }), { rescans: through(b) })?.rescans).toEqual(through(later));
});
