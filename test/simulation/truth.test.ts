import { describe, expect, it } from "vitest";
import type { Violation } from "../../lambda/archive/violation.ts";
import { judgeComplete, judgeProgress, judgeVerbatim } from "./truth.ts";

const say = ({ invariant, key, line, message }: Violation) => `${invariant} ${key}${line ? `:${line}` : ""} ${message}`;

describe("I1 complete", () => {
  const shown = [
    { id: "old", day: "2026-05-01", shownForMs: 7_200_000 },
    { id: "recent", day: "2026-05-01", shownForMs: 3_600_000 },
  ];

  it("an event shown for longer than the rescan delay must be archived; a younger one may still be missing", () => {
    expect([...judgeComplete("1201", shown, new Set(["old"]), 3_600_000)]).toEqual([]);
    expect([...judgeComplete("1201", shown, new Set(["recent"]), 3_600_000)].map(say)).toEqual([
      "I1 events/workspace=1201/dt=2026-05-01/ event old was shown and is not archived",
    ]);
  });

  it("with no delay left, everything shown must be there", () => {
    expect([...judgeComplete("1201", shown, new Map([["old", 1]]), 0)]).toHaveLength(1);
  });
});

it("I7 verbatim: the bytes are those of one of the times the source showed the event", () => {
  const found = { id: "a", key: "k", line: 3 };
  const shown = [Buffer.from('{"gid":"a"}'), Buffer.from('{"gid":"a","n":1.0}')];
  expect(judgeVerbatim(found, Buffer.from('{"gid":"a","n":1.0}'), shown)).toEqual([]);
  expect(judgeVerbatim(found, Buffer.from('{"gid":"a","n":1}'), shown).map(say)).toEqual([
    "I7 k:3 event a is not as the source showed it",
  ]);
  expect(judgeVerbatim(found, Buffer.from("{}"), [])).toHaveLength(1);
});

it("I8 progress: more calm runs than allowed without catching up are a fault", () => {
  expect(judgeProgress("1201", 3, 3)).toEqual([]);
  expect(judgeProgress("1201", 4, 3).map(say)).toEqual([
    "I8 events/workspace=1201/ not caught up after 4 runs without a fault",
  ]);
});
