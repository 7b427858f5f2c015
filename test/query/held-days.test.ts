import { expect, it } from "vitest";
import { heldDays, heldRange } from "../../cli/query/held-days.ts";

const days = (...names: string[]) => names.map((day) => ({ workspace: "1", day }));

it.each([
  ["from its first day to its last", days("2026-05-01", "2026-05-20"), { first: "2026-05-01", last: "2026-05-20" }],
  [
    "not to a day that no other leads up to: an event of 2099 is dated wrongly",
    days("2021-10-07", "2026-05-01", "2026-05-20", "2099-01-01"),
    { first: "2026-05-01", last: "2026-05-20" },
  ],
  ["to its only day", days("2026-05-01"), { first: "2026-05-01", last: "2026-05-01" }],
  ["nothing, where it holds no event with a time", days("2021-10-07"), null],
])("an archive reaches %s", (_, held, range) => {
  expect(heldRange(held)).toEqual(range);
});

it("between its first and last day in a window, an archive holds days with events and silent ones", () => {
  const held = days("2026-05-01", "2026-05-03", "2026-05-04", "2026-05-09");
  expect(heldDays(held, { from: "2026-05-02", to: "2026-05-10" })).toEqual([
    {
      workspace: "1",
      firstDay: "2026-05-01",
      lastDay: "2026-05-09",
      days: 3,
      silent: ["2026-05-05", "2026-05-06", "2026-05-07", "2026-05-08"],
    },
  ]);
});
