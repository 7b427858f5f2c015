import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { CheckpointState, CheckpointStore } from "../../lambda/ports.ts";

/** One store under test, and other instances of it on the same checkpoints, as other processes would have. */
export interface OpenCheckpoint {
  readonly store: CheckpointStore;
  another(): CheckpointStore;
  close(): Promise<void>;
}

/** What every checkpoint store owes its users; run on each adapter. Each case has a workspace of its own. */
export function checkpointContract(name: string, open: () => Promise<OpenCheckpoint>): void {
  describe(`checkpoint store: ${name}`, () => {
    let opened: OpenCheckpoint;
    let store: CheckpointStore;
    let cases = 0;
    const freshWorkspace = () => String(1200 + ++cases);

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    /** Moves and gives the new version; fails the test on a conflict. */
    const moved = async (workspace: string, state: CheckpointState, from: string | null) => {
      const outcome = await store.move(workspace, state, from);
      if (outcome.kind !== "moved") throw new Error("The move met a conflict.");
      return outcome.version;
    };

    it("has no checkpoint of a workspace before the first move", async () => {
      expect(await store.read(freshWorkspace())).toBeNull();
    });

    it("gives back what was moved to, whole", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, fullState, null);
      expect(await store.read(workspace)).toEqual({ version, state: fullState });
    });

    it("gives back the emptiest state", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, emptyCheckpoint, null);
      expect(await store.read(workspace)).toEqual({ version, state: emptyCheckpoint });
    });

    it("shows a move at once to other processes", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, fullState, null);
      expect(await opened.another().read(workspace)).toEqual({ version, state: fullState });
    });

    it("keeps workspaces apart", async () => {
      const [one, two] = [freshWorkspace(), freshWorkspace()];
      await moved(one, stateAt("2026-05-01T00:00:00.000Z"), null);
      await moved(two, stateAt("2026-05-02T00:00:00.000Z"), null);
      expect((await store.read(one))?.state.watermark).toBe("2026-05-01T00:00:00.000Z");
      expect((await store.read(two))?.state.watermark).toBe("2026-05-02T00:00:00.000Z");
    });

    it("replaces the whole state, never a part of it", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, fullState, null);
      const next = { ...emptyCheckpoint, watermark: fullState.watermark };
      await moved(workspace, next, version);
      expect((await store.read(workspace))?.state).toEqual(next);
    });

    it("moves along a chain of versions, each of them new", async () => {
      const workspace = freshWorkspace();
      const versions: (string | null)[] = [null];
      for (let step = 0; step < 5; step++) versions.push(await moved(workspace, fullState, versions.at(-1) ?? null));
      expect(new Set(versions).size).toBe(6);
    });

    it("refuses a first move where there is a checkpoint, and shows it", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, fullState, null);
      expect(await store.move(workspace, fullState, null)).toEqual({
        kind: "conflict",
        current: { version, state: fullState },
      });
    });

    it("refuses a move from a version that has gone, and shows the present one", async () => {
      const workspace = freshWorkspace();
      const first = await moved(workspace, stateAt("2026-05-01T00:00:00.000Z"), null);
      const second = await moved(workspace, stateAt("2026-05-02T00:00:00.000Z"), first);
      expect(await store.move(workspace, stateAt("2026-05-03T00:00:00.000Z"), first)).toEqual({
        kind: "conflict",
        current: { version: second, state: stateAt("2026-05-02T00:00:00.000Z") },
      });
      expect((await store.read(workspace))?.version).toBe(second);
    });

    it("refuses a move from a version where there is no checkpoint any more", async () => {
      const workspace = freshWorkspace();
      expect(await store.move(workspace, fullState, "a-version")).toEqual({ kind: "conflict", current: null });
      expect(await store.read(workspace)).toBeNull();
    });

    it.each([
      ["a day", "2026-05-02T00:00:00.000Z", "2026-05-01T00:00:00.000Z"],
      ["a millisecond", "2026-05-02T00:00:00.001Z", "2026-05-02T00:00:00.000Z"],
      ["a microsecond, written with more digits", "2026-05-02T00:00:00.001Z", "2026-05-02T00:00:00.000999Z"],
      ["a microsecond, written with fewer digits", "2026-05-02T00:00:00.000001Z", "2026-05-02T00:00:00.000Z"],
    ])("refuses to lower the watermark by %s", async (_, high, low) => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, stateAt(high), null);
      expect(await store.move(workspace, stateAt(low), version)).toEqual({
        kind: "conflict",
        current: { version, state: stateAt(high) },
      });
      expect((await store.read(workspace))?.state.watermark).toBe(high);
    });

    it("refuses to take the watermark away", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, stateAt("2026-05-02T00:00:00.000Z"), null);
      expect(await store.move(workspace, emptyCheckpoint, version)).toMatchObject({ kind: "conflict" });
    });

    it.each([
      ["from none", null, "2026-05-01T00:00:00.000Z"],
      ["to none from none", null, null],
      ["to the same", "2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z"],
      ["by a microsecond", "2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.000001Z"],
      ["by a nanosecond to fewer digits", "2026-05-01T00:00:00.000999999Z", "2026-05-01T00:00:00.001Z"],
      ["by a day", "2026-05-01T23:59:59.999Z", "2026-05-02T00:00:00.000Z"],
    ])("lets the watermark go %s", async (_, from, to) => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, stateAt(from), null);
      await moved(workspace, stateAt(to), version);
      expect((await store.read(workspace))?.state.watermark).toBe(to);
    });

    it("has one winner of 20 first moves at once, and the state is the winner's", async () => {
      const workspace = freshWorkspace();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, blankRuns) =>
          opened.another().move(workspace, { ...fullState, blankRuns }, null),
        ),
      );
      const winner = outcomes.findIndex((outcome) => outcome.kind === "moved");
      expect(outcomes.filter((outcome) => outcome.kind === "moved")).toHaveLength(1);
      expect((await store.read(workspace))?.state.blankRuns).toBe(winner);
    });

    it("has one winner of 20 moves at once from one version, and all others see the winner's state", async () => {
      const workspace = freshWorkspace();
      const version = await moved(workspace, fullState, null);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          opened.another().move(workspace, { ...fullState, blankRuns: index + 1 }, version),
        ),
      );
      const winner = outcomes.findIndex((outcome) => outcome.kind === "moved");
      const current = await store.read(workspace);
      expect(current?.state.blankRuns).toBe(winner + 1);
      expect(outcomes.filter((outcome) => outcome.kind === "moved")).toEqual([
        { kind: "moved", version: current?.version },
      ]);
      expect(outcomes.filter((outcome) => outcome.kind === "conflict")).toEqual(
        Array(19).fill({ kind: "conflict", current }),
      );
    });

    it("loses no move of 20 workspaces that move at once", async () => {
      const workspaces = Array.from({ length: 20 }, freshWorkspace);
      await Promise.all(
        workspaces.map((workspace) =>
          opened.another().move(workspace, { ...fullState, blankRuns: Number(workspace) }, null),
        ),
      );
      for (const workspace of workspaces)
        expect((await store.read(workspace))?.state.blankRuns).toBe(Number(workspace));
    });

    it("never gives a version again, so that a state put back is not taken for a later one", async () => {
      const workspace = freshWorkspace();
      const seen = new Set<string>();
      let version: string | null = null;
      for (let step = 0; step < 10; step++) {
        version = await moved(workspace, stateAt("2026-05-01T00:00:00.000Z"), version);
        expect(seen.has(version)).toBe(false);
        seen.add(version);
      }
    });

    it("keeps a large state", async () => {
      const workspace = freshWorkspace();
      const ids = Array.from({ length: 1_000 }, (_, index) => String(1_200_000_000_000_000 + index));
      const hint = {
        number: 1,
        manifestHash: "a".repeat(64),
        logCount: 1_000,
        logNewest: null,
        idsAtNewest: ids,
        recentIds: null,
        sizeBytes: 9,
      };
      const state = { ...fullState, hints: { "2026-05-01": hint, "2026-05-02": hint, "2026-05-03": hint } };
      await moved(workspace, state, null);
      expect((await store.read(workspace))?.state).toEqual(state);
    });

    it("is not changed by what happens to a state afterwards", async () => {
      const workspace = freshWorkspace();
      const ids = ["1", "2"];
      const hint = {
        number: 1,
        manifestHash: "b".repeat(64),
        logCount: 2,
        logNewest: null,
        idsAtNewest: ids,
        recentIds: null,
        sizeBytes: 9,
      };
      await moved(workspace, { ...emptyCheckpoint, hints: { "2026-05-01": hint } }, null);
      ids.push("3");
      expect((await store.read(workspace))?.state.hints["2026-05-01"]?.idsAtNewest).toEqual(["1", "2"]);
    });
  });
}

const at = (text: string): Instant => text as Instant;

/** Every field is set, with characters that a careless store would change. */
export const fullState: CheckpointState = {
  tail: {
    from: at("2026-05-01T07:59:59.123Z"),
    offset: {
      token: `eyJ0eXAi.äöü"\\\u2028\u{1f600}=`,
      startAt: at("2026-05-01T07:59:59.999Z"),
      endAt: null,
      obtainedAt: at("2026-05-01T09:00:00.000Z"),
      newest: at("2026-05-01T08:59:59.123456Z"),
    },
    failedRuns: 1,
  },
  spans: [
    {
      purpose: "new",
      from: null,
      until: at("2026-02-01T12:34:56.789Z"),
      dueAt: at("2026-05-01T09:00:00.000Z"),
      doubtedAt: null,
      failedRuns: 3,
      offset: null,
    },
    {
      purpose: "settled",
      from: at("2026-04-29T08:00:00.000Z"),
      until: at("2026-04-30T00:00:00.000Z"),
      dueAt: at("2026-04-30T06:00:00.000Z"),
      doubtedAt: at("2026-04-30T07:00:00.000Z"),
      failedRuns: 0,
      offset: { token: "t", startAt: null, endAt: at("2026-04-30T00:00:00.000Z"), obtainedAt: null, newest: null },
    },
  ],
  scheduled: { recentUntil: at("2026-05-01T08:00:00.000Z"), settledThrough: "2026-04-29", agedThrough: "2026-02-09" },
  surveys: [
    {
      day: "2026-04-29",
      purpose: "settled",
      began: at("2026-04-30T06:00:00.000Z"),
      ended: at("2026-04-30T07:00:01.000Z"),
      requests: 3,
      seen: 412,
      added: 2,
      gone: 22,
      goneIds: ["1201", "", `sha256:${"f".repeat(64)}`],
      conflicts: 1,
      odd: 4,
      unread: [[at("2026-04-29T00:00:00.000Z"), at("2026-04-29T00:00:00.001Z")]],
    },
    {
      ...{ day: "2026-02-09", purpose: "aged" },
      ...{ began: at("2026-04-30T06:00:00.000Z"), ended: at("2026-04-30T06:00:00.000Z") },
      ...{ requests: 0, seen: 0, added: 0, gone: 0, goneIds: [], conflicts: 0, odd: 0, unread: [] },
    },
  ],
  lost: [
    { purpose: "new", from: null, until: at("2026-01-01T00:00:00.000Z"), notedAt: at("2026-04-01T00:00:00.000Z") },
    {
      purpose: "aged",
      from: at("2026-01-02T00:00:00.000Z"),
      until: at("2026-01-02T00:00:00.001Z"),
      notedAt: at("2026-04-02T00:00:00.001Z"),
    },
  ],
  watermark: at("2026-05-01T08:59:59.123456Z"),
  hints: {
    "2026-05-01": {
      number: 7,
      manifestHash: "0123456789abcdef".repeat(4),
      logCount: 9_120,
      logNewest: at("2026-05-01T08:59:59.123456Z"),
      idsAtNewest: ["1201", `sha256:${"f".repeat(64)}`],
      recentIds: "q83vASNFZ4k=",
      sizeBytes: 83_411,
    },
    "2026-04-30": {
      number: 1,
      manifestHash: "0".repeat(64),
      logCount: 0,
      logNewest: null,
      idsAtNewest: null,
      recentIds: null,
      sizeBytes: null,
    },
  },
  notBefore: at("2026-05-01T09:10:00.000Z"),
  blankRuns: 2,
};

export const stateAt = (watermark: string | null): CheckpointState => ({
  ...emptyCheckpoint,
  watermark: watermark === null ? null : at(watermark),
});
