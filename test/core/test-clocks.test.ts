/** The clocks that stand for time in tests and benches. */
import { expect, test } from "vitest";
import { createJumpingClock, createVirtualClock } from "../fakes/clock.ts";

test("sleepers wake in the order of their times, and no time passes but theirs", async () => {
  const clock = createJumpingClock(1_000);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, clock.now()]);
  };
  await Promise.all([sleep("b", 50), sleep("a", 10), sleep("b too", 50), sleep("none", 0).then(() => sleep("c", 45))]);
  expect(woken).toEqual([
    ["none", 1_000],
    ["a", 1_010],
    ["c", 1_045],
    ["b", 1_050],
    ["b too", 1_050],
  ]);
});

test("an aborted sleep ends with the reason and wakes nobody else", async () => {
  const clock = createJumpingClock(0);
  const abort = new AbortController();
  const sleeping = clock.sleep(1_000, abort.signal);
  abort.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(clock.sleep(1_000, abort.signal)).rejects.toThrow("enough");
  expect(clock.now()).toBe(0);
});

test("advancing wakes those whose time has come", async () => {
  const clock = createVirtualClock();
  let woken = false;
  void clock.sleep(30).then(() => {
    woken = true;
  });
  await clock.advance(29);
  expect([woken, clock.now(), clock.sleeping]).toEqual([false, 29, 1]);
  await clock.advance(5);
  expect([woken, clock.now(), clock.sleeping]).toEqual([true, 34, 0]);
});
