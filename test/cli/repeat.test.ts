/** `drain --every` is a schedule: what ends one run does not end the next. */
import { expect, it } from "vitest";
import { EXIT, type ExitCode } from "../../cli/exit.ts";
import { repeat, type ScheduledWork } from "../../cli/repeat.ts";
import { formatLocalTime } from "../../cli/terminal.ts";
import { createVirtualClock } from "../fakes/clock.ts";
import { NEVER } from "../fakes/run.ts";

const MINUTE = 60_000;
const EVERY = 10 * MINUTE;

/** Gives the codes one after the other, the last one for ever. */
function inTurn(codes: readonly ExitCode[]): () => ExitCode {
  const left = [...codes];
  return () => (left.length > 1 ? left.shift() : left[0]) ?? EXIT.done;
}

/** Starts a schedule; each workspace's drains end with its codes in turn, the rescans of all with theirs. */
function start(
  codes: Readonly<Record<string, readonly ExitCode[]>>,
  everyMs = EVERY,
  rescans: readonly ExitCode[] = [0],
) {
  const clock = createVirtualClock(Date.UTC(2026, 4, 1, 12));
  const startMs = clock.now();
  const minutes = () => (clock.now() - startMs) / MINUTE;
  const controller = new AbortController();
  const runs: string[] = [];
  const told: string[] = [];
  const nextRescan = inTurn(rescans);
  const works = Object.entries(codes).map(([workspace, given]): ScheduledWork => {
    const nextDrain = inTurn(given);
    return {
      workspace,
      drain: async () => {
        runs.push(`${workspace} drain ${minutes()}`);
        return nextDrain();
      },
      rescan: async () => {
        runs.push(`${workspace} rescan ${minutes()}`);
        return nextRescan();
      },
    };
  });
  const ended = repeat(works, everyMs, clock, (_, text) => told.push(text), controller.signal);
  const drains = (workspace: string) =>
    runs.filter((run) => run.startsWith(`${workspace} drain`)).map((run) => Number(run.split(" ")[2]));
  return { clock, startMs, stop: () => controller.abort(new Error("stopped")), runs, drains, told, ended };
}

it.each([EXIT.misused, EXIT.refused, EXIT.unavailable, EXIT.checkFailed] as const)(
  "a run that ends with %i is tried again after the interval, which doubles up to an hour",
  async (code) => {
    const { clock, drains, stop, ended } = start({ a: [code] });
    await clock.advance(400 * MINUTE);
    expect(drains("a")).toEqual([0, 10, 30, 70, 130, 190, 250, 310, 370]);
    stop();
    expect(await ended).toBe(EXIT.done);
  },
);

it("an interval that is longer than an hour stays as it is", async () => {
  const { clock, drains } = start({ a: [EXIT.unavailable] }, 120 * MINUTE);
  await clock.advance(400 * MINUTE);
  expect(drains("a")).toEqual([0, 120, 240, 360]);
});

it("each failure is told with how many there were and when the next try is, and so is the first success after them", async () => {
  const { clock, startMs, told, drains } = start({ a: [EXIT.refused, EXIT.misused, EXIT.unavailable, EXIT.done] });
  await clock.advance(100 * MINUTE);
  const at = (minutes: number) => formatLocalTime(startMs + minutes * MINUTE);
  expect(told).toEqual([
    `a: 1 failure in a row; the next try is at ${at(10)}, in 10 min 0 s`,
    `a: 2 failures in a row; the next try is at ${at(30)}, in 20 min 0 s`,
    `a: 3 failures in a row; the next try is at ${at(70)}, in 40 min 0 s`,
    `a: works again; it had failed since ${at(0)}`,
  ]);
  expect(drains("a")).toEqual([0, 10, 30, 70, 80, 90, 100]);
});

it("each workspace has its own schedule: one that fails or is halted does not change the others'", async () => {
  const { clock, drains, told, stop, ended } = start({ a: [EXIT.refused], b: [EXIT.done], c: [EXIT.halted] });
  await clock.advance(60 * MINUTE);
  expect([drains("a"), drains("b"), drains("c")]).toEqual([[0, 10, 30], [0, 10, 20, 30, 40, 50, 60], [0]]);
  expect(told).toContain("c: left out from now on. Look at the error above, then start again.");
  stop();
  expect(await ended).toBe(EXIT.halted);
});

it("it ends by itself only when every workspace is halted", async () => {
  const { clock, drains, ended } = start({ a: [EXIT.halted], b: [EXIT.done, EXIT.halted] });
  await clock.advance(10 * MINUTE);
  expect(await ended).toBe(EXIT.halted);
  expect(drains("b")).toEqual([0, 10]);
});

it("rescans are done once an hour, and one that fails is tried again at the next interval", async () => {
  const { clock, runs } = start({ a: [EXIT.done] }, EVERY, [EXIT.done, EXIT.unavailable, EXIT.done]);
  await clock.advance(130 * MINUTE);
  expect(runs.filter((run) => run.includes("rescan"))).toEqual([
    "a rescan 0",
    "a rescan 60",
    "a rescan 70",
    "a rescan 130",
  ]);
});

it("rescans are done after a drain that ends as unavailable, since one page may be the cause, and not after a refusal", async () => {
  const { clock, runs } = start({ a: [EXIT.unavailable], b: [EXIT.refused], c: [EXIT.misused] });
  await clock.advance(0);
  expect(runs).toEqual(["a drain 0", "a rescan 0", "b drain 0", "c drain 0"]);
});

it("a clock that is set back does not make it wait longer than the interval", async () => {
  const clock = createVirtualClock(Date.UTC(2026, 4, 1, 12));
  let shiftMs = 0;
  const shifted = { ...clock, now: () => clock.now() + shiftMs };
  let runs = 0;
  const drain = async () => {
    runs += 1;
    return EXIT.done;
  };
  void repeat([{ workspace: "a", drain, rescan: drain }], EVERY, shifted, () => undefined, NEVER);
  await clock.advance(0);
  runs = 0;
  shiftMs = -24 * 60 * MINUTE;
  await clock.advance(2 * EVERY);
  expect(runs).toBeGreaterThanOrEqual(2);
});
