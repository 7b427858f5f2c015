import { expect, it } from "vitest";
import { inLanes } from "../../lambda/archive/lanes.ts";

it("results are in the order of the items, and no more are under way than there are lanes", async () => {
  let running = 0;
  let most = 0;
  const results = await inLanes([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < 10 - item; turn += 1) await null;
    running -= 1;
    return item * 10;
  });
  expect(results).toEqual([10, 20, 30, 40, 50, 60, 70]);
  expect(most).toBe(3);
});

it("after a failure no other item is begun, and what was begun is waited for", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = inLanes([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error("one");
    for (let turn = 0; turn < 20; turn += 1) await null;
    ended.push(item);
  });
  await expect(work).rejects.toThrow("one");
  expect(begun).toEqual([1, 2]);
  expect(ended).toEqual([2]);
});

it("no items need no lanes", async () => {
  expect(await inLanes([], 4, async () => 1)).toEqual([]);
});
