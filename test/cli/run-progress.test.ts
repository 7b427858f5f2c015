import { expect, it } from "vitest";
import { createRunProgress } from "../../cli/run-progress.ts";
import { emptyReport, type RunReport } from "../../lambda/drain/report.ts";
import type { Instant } from "../../lambda/event/instant.ts";

const at = (hour: number) => `2026-05-01T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;

/** A bar that can be read at any moment, and a clock that the test moves. */
function open() {
  let nowMs = Date.parse("2026-05-02T00:00:00Z");
  let shown: { position: number; text: string | (() => string) } | null = null;
  const bar = {
    show: (position: number, text: string | (() => string)) => {
      shown = { position, text };
    },
    wait: () => undefined,
    clear: () => undefined,
  };
  const { onProgress, onWait } = createRunProgress(bar, { now: () => nowMs }, "1201");
  return {
    report: (change: Partial<RunReport>) => onProgress({ ...emptyReport("1201", "run"), servedAt: at(20), ...change }),
    wait: onWait,
    pass: (ms: number) => {
      nowMs += ms;
    },
    read: () => [shown?.position, typeof shown?.text === "function" ? shown.text() : shown?.text],
  };
}

it("the bar says how far a run is, and after a moment how many events per second it reads and how long it will take", () => {
  const { report, pass, read } = open();
  report({ position: at(0), events: 100, archived: 100 });
  expect(read()).toEqual([0, "1201  2026-05-01  100 archived"]);
  pass(10_000);
  report({ position: at(5), events: 25_000, archived: 24_000 });
  expect(read()).toEqual([0.25, "1201  2026-05-01  24,000 archived  2,500 events/s  30 s left"]);
  report({ position: at(20), events: 25_000, archived: 24_000 });
  expect(read()).toEqual([1, "1201  2026-05-01  24,000 archived  2,500 events/s"]);
});

it("a wait that the source asked for is counted down, and gone when it is over", () => {
  const { report, wait, pass, read } = open();
  report({ position: at(10), events: 100, archived: 100 });
  wait(52_000, true);
  expect(read()[1]).toBe("1201  2026-05-01  100 archived  waiting 52 s, as Asana asked");
  pass(47_500);
  expect(read()[1]).toBe("1201  2026-05-01  100 archived  waiting 5 s, as Asana asked");
  pass(4_500);
  expect(read()[1]).toBe("1201  2026-05-01  100 archived  2 events/s");
});

it("a wait before the first page is shown as well", () => {
  const { wait, read } = open();
  wait(60_500, true);
  expect(read()[1]).toBe("1201  waiting 1 min 1 s, as Asana asked");
});

it("a wait that the source did not ask for is called a retry, and does not hide one that it asked for", () => {
  const { wait, pass, read } = open();
  wait(4_000, false);
  expect(read()[1]).toBe("1201  asking again in 4 s");
  wait(30_000, true);
  wait(2_000, false);
  expect(read()[1]).toBe("1201  waiting 30 s, as Asana asked");
  pass(30_000);
  wait(2_000, false);
  expect(read()[1]).toBe("1201  asking again in 2 s");
});
