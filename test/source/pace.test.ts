import { describe, expect, it } from "vitest";
import { createPace, type PaceSettings } from "../../lambda/source/pace.ts";
import { createVirtualClock } from "../fakes/clock.ts";
import { NEVER } from "../fakes/run.ts";

const wide: PaceSettings = { requestsPerSecond: 1_000_000, maxInFlight: 1_000, maxWaitMs: 60_000 };

function setUp(settings: Partial<PaceSettings>) {
  const clock = createVirtualClock(0);
  const pace = createPace(clock, { ...wide, ...settings });
  const started: number[] = [];
  const leaves: (() => void)[] = [];
  const enter = async (signal: AbortSignal = NEVER) => {
    const entry = await pace.enter(signal);
    if (entry.kind === "entered") {
      started.push(clock.now());
      leaves.push(entry.leave);
    }
    return entry;
  };
  return { clock, pace, started, leaves, enter };
}

describe("pace", () => {
  it("starts requests no closer together than the rate allows, without a burst", async () => {
    const { clock, started, enter } = setUp({ requestsPerSecond: 25 });
    for (let i = 0; i < 100; i++) enter();
    await clock.advance(10_000);
    expect(started).toEqual(Array.from({ length: 100 }, (_, i) => i * 40));
  });

  it("does not save up what was not used", async () => {
    const { clock, started, enter } = setUp({ requestsPerSecond: 10 });
    await clock.advance(60_000);
    for (let i = 0; i < 3; i++) enter();
    await clock.advance(1_000);
    expect(started).toEqual([60_000, 60_100, 60_200]);
  });

  it("when our clock is set back, waits no longer than before, and keeps the rate", async () => {
    const clock = createVirtualClock(7_200_000);
    let setBackMs = 0;
    const wrong = createPace({ ...clock, now: () => clock.now() - setBackMs }, { ...wide, requestsPerSecond: 10 });
    const started: number[] = [];
    const enter = () => wrong.enter(NEVER).then(() => started.push(clock.now() - 7_200_000));
    for (let i = 0; i < 3; i++) enter();
    await clock.advance(50);
    setBackMs = 3_600_000;
    for (let i = 0; i < 3; i++) enter();
    await clock.advance(10_000);
    expect(started).toEqual([0, 100, 200, 350, 450, 550]);
    setBackMs = 7_200_000;
    enter();
    await clock.advance(10_000);
    expect(started.at(-1)).toBe(10_650);
  });

  it("keeps no more than so many in flight, first come, first served", async () => {
    const { clock, started, leaves, enter } = setUp({ maxInFlight: 2 });
    const order: number[] = [];
    for (let i = 0; i < 4; i++) enter().then(() => order.push(i));
    await clock.advance(1_000);
    expect(started.length).toBe(2);
    leaves[0]?.();
    leaves[0]?.(); // leaving twice frees one place
    await clock.advance(1_000);
    expect(started.length).toBe(3);
    leaves[1]?.();
    await clock.advance(0);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it("lets nothing through before the gate opens, those that already waited for their turn included", async () => {
    const { clock, pace, started, enter } = setUp({ requestsPerSecond: 1 });
    for (let i = 0; i < 3; i++) enter();
    await clock.advance(500);
    pace.closeUntil(30_000);
    await clock.advance(29_499);
    expect(started).toEqual([0]);
    await clock.advance(10_000);
    expect(started).toEqual([0, 30_000, 31_000]);
  });

  it("never opens a gate earlier than the latest time it was given", async () => {
    const { clock, pace, started, enter } = setUp({});
    pace.closeUntil(5_000);
    pace.closeUntil(2_000);
    enter();
    await clock.advance(10_000);
    expect(started).toEqual([5_000]);
  });

  it("does not wait for a gate that opens too late, and keeps no place for it", async () => {
    const { pace, enter } = setUp({ maxWaitMs: 1_000, maxInFlight: 1 });
    pace.closeUntil(1_001);
    expect(await enter()).toEqual({ kind: "closed", untilMs: 1_001 });
    expect(await enter()).toEqual({ kind: "closed", untilMs: 1_001 });
  });

  it("ends the wait when the gate is moved too far away meanwhile", async () => {
    const { clock, pace, enter } = setUp({ maxWaitMs: 1_000 });
    pace.closeUntil(500);
    const entry = enter();
    pace.closeUntil(100_000);
    await clock.advance(500);
    expect(await entry).toEqual({ kind: "closed", untilMs: 100_000 });
  });

  it("tells of the gate when aborted at it, and throws the signal's reason when aborted elsewhere", async () => {
    const { clock, pace, enter, started } = setUp({ maxInFlight: 1, requestsPerSecond: 1 });
    const abort = new AbortController();
    pace.closeUntil(1_000);
    const atGate = enter(abort.signal);
    const inQueue = enter(abort.signal);
    await clock.advance(10);
    abort.abort("stop");
    expect(await atGate).toEqual({ kind: "closed", untilMs: 1_000 });
    await expect(inQueue).rejects.toBe("stop");
    await expect(enter(abort.signal)).rejects.toBe("stop");

    const [first] = [enter()];
    await clock.advance(1_000);
    expect((await first).kind).toBe("entered");
    expect(started).toEqual([1_000]);
    expect(clock.sleeping).toBe(0);
  });

  it("keeps the queue as it is when a request is aborted that has left it", async () => {
    const { clock, enter, leaves } = setUp({ maxInFlight: 1 });
    const abort = new AbortController();
    const order: string[] = [];
    for (const [name, signal] of [
      ["a", NEVER],
      ["b", abort.signal],
      ["c", NEVER],
    ] as const) {
      enter(signal).then(() => order.push(name));
    }
    await clock.advance(0);
    leaves[0]?.();
    await clock.advance(0);
    abort.abort("stop");
    leaves[1]?.();
    await clock.advance(0);
    expect(order).toEqual(["a", "b", "c"]);
  });

  it("frees the place of a request that is aborted while it waits for its turn", async () => {
    const { clock, enter, leaves, started } = setUp({ maxInFlight: 1, requestsPerSecond: 1 });
    await enter();
    leaves[0]?.();
    const abort = new AbortController();
    const waiting = enter(abort.signal);
    await clock.advance(10);
    abort.abort("stop");
    await expect(waiting).rejects.toBe("stop");
    enter();
    await clock.advance(5_000);
    expect(started.length).toBe(2);
  });
});
