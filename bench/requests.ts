import { DAY_MS } from "../lambda/event/instant.ts";
import type { Bench, Scale } from "./harness/bench.ts";
import { figure } from "./harness/figures.ts";
import { exactly } from "./harness/statistics.ts";
import { noCounts, type PortCounts } from "./requests/counted-ports.ts";
import { ageMs, minutesToObject, newLines, percentile95 } from "./requests/freshness.ts";
import { BUSY_EVENTS, storedOfBusyDay, storedOver } from "./requests/stored.ts";
import { EVERY_MS, openLife } from "./requests/virtual-life.ts";

export const requests: Bench = {
  name: "requests",
  claim: "few requests, few objects, minutes from event to archive",
  async run(scale) {
    const eventsPerDay = scale.pick(25_000, 500);
    const days = scale.pick(2, 0.25);
    const life = openLife({ daysBefore: 1, daysAfter: Math.ceil(days) + 1, eventsPerDay, latencyMs: 300, level: 6 });
    await life.drain();
    const totals = { idle: noCounts(), busy: noCounts(), rescan: noCounts() };
    const runs = { idle: 0, busy: 0, rescan: 0 };
    let [most, idleObjects, archived] = [0, 0, 0];
    const agesMs: number[] = [];
    const seen = new Set<string>();
    await newLines(life.archive, seen);
    for await (const { atMs, report, counts } of life.drains(EVERY_MS, days * DAY_MS)) {
      const kind = report.archived === 0 ? "idle" : "busy";
      runs[kind] += 1;
      add(totals[kind], counts);
      archived += report.archived;
      if (kind === "idle") idleObjects += report.segments;
      for (const line of await newLines(life.archive, seen)) agesMs.push(ageMs(line, life.clock.now()));
      most = Math.max(most, report.segments);
      if (atMs % 3_600_000 === 0) {
        const { counts: ofRescan } = await life.rescan();
        runs.rescan += 1;
        add(totals.rescan, ofRescan);
      }
    }
    const stored = await storedOver(life.archive);
    const storedBusy = await storedOfBusyDay(scale);
    await countQuietRuns(scale, runs, totals, (segments) => {
      idleObjects += segments;
    });
    const small = await backfillOf(scale.pick(5_000, 50), 89);
    const large = await backfillOf(scale.pick(50_000, 100), scale.pick(10, 2));
    const row = (kind: "idle" | "busy" | "rescan", name: string): string[] => {
      const each = (count: number) => figure(runs[kind] === 0 ? 0 : count / runs[kind]);
      const { checkpointReads, lists, gets, creates, checkpointMoves } = totals[kind];
      return [name, String(runs[kind]), ...[checkpointReads, lists, gets, creates, checkpointMoves].map(each)];
    };
    return {
      ratios: [
        {
          id: "per-million",
          target: 14,
          meaning: "puts + checkpoint writes per million events, back-fill of 50,000 events per day",
          value: exactly(large.perMillion),
          goal: { is: "at most", bound: 40, stretch: 24 },
          why: "the target was set for objects of 64 MB. An archive by day has at least one object per day (20 for a million events here), and each of the eight readers fills batches of its own, of 8 MB each, with which a drain stays within targets 8 and 10. After each batch the checkpoint is moved, so that a run that is cut off loses no more than a batch of each reader: 42 moves beside 50 objects here, where the core before the list of spans had 17 beside 59. The difference to the goal is two hundredths of a cent for a million events.",
        },
        {
          id: "per-million.small",
          meaning: "the same at 5,000 events per day: one object per day is the least",
          value: exactly(small.perMillion),
        },
        {
          id: "objects-per-run",
          target: 15,
          meaning: "most objects of one scheduled run",
          value: exactly(most),
          goal: { is: "at most", bound: 1, stretch: 1 },
        },
        {
          id: "idle-objects",
          target: 15,
          meaning: "objects of runs that found nothing",
          value: exactly(idleObjects),
          goal: { is: "at most", bound: 0, stretch: 0 },
        },
        {
          id: "stored.busy",
          target: 16,
          meaning: `bytes stored over those of one gzip per day, a run every 5 minutes, ${figure(BUSY_EVENTS)} events per day`,
          value: exactly(storedBusy),
          goal: { is: "at most", bound: 1.03, stretch: 1.02 },
          why: "each object starts with an empty dictionary and brings a manifest of its own, which the target did not know. The fewer the events in an object, the more that weighs: at 25,000 events per day it is less than half a megabyte per day.",
        },
        {
          id: "stored",
          meaning: `the same at ${figure(eventsPerDay)} events per day`,
          value: exactly(stored),
        },
        {
          id: "freshness",
          target: 22,
          meaning: "minutes from event to object, 95 of 100, every 5 minutes (a source that shows events at once)",
          value: exactly(percentile95(agesMs) / 60_000),
          goal: { is: "at most", bound: 6, stretch: 6 },
          unit: " min",
        },
        {
          id: "freshness.minute",
          meaning: "the same, a run every minute (the target's aim: 2)",
          value: exactly(await minutesToObject(scale)),
          unit: " min",
        },
      ],
      tables: [
        {
          title: `AWS requests per run, counted at the ports (${figure(eventsPerDay)} events per day, ${days} days, every 5 minutes, rescans hourly)`,
          columns: ["run", "runs", "checkpoint reads", "lists", "gets", "creates", "checkpoint moves"],
          rows: [row("idle", "found nothing"), row("busy", "found events"), row("rescan", "rescan of what is due")],
        },
        {
          title: "AWS requests of one back-fill",
          columns: ["back-fill", "checkpoint reads", "lists", "gets", "creates", "checkpoint moves"],
          rows: [small, large].map(({ events, counts }) => [
            `${figure(events)} events`,
            ...[counts.checkpointReads, counts.lists, counts.gets, counts.creates, counts.checkpointMoves].map(String),
          ]),
        },
      ],
      notes: [
        "Target 16 was set with 750 events per object, which a run every 5 minutes gets at 216,000 events per day.",
        `${figure(archived)} events were archived in the counted runs.`,
      ],
    };
  },
};

/** Runs of a workspace in which hardly anything happens. */
async function countQuietRuns(
  scale: Scale,
  runs: { idle: number },
  totals: { idle: PortCounts },
  onIdle: (segments: number) => void,
): Promise<void> {
  const life = openLife({ daysBefore: 1, daysAfter: 1, eventsPerDay: 50, latencyMs: 300 });
  await life.drain();
  for await (const { report, counts } of life.drains(EVERY_MS, scale.pick(72, 6) * EVERY_MS)) {
    if (report.archived > 0) continue;
    runs.idle += 1;
    add(totals.idle, counts);
    onIdle(report.segments);
  }
}

async function backfillOf(eventsPerDay: number, days: number) {
  const life = openLife({ daysBefore: days, daysAfter: 1, eventsPerDay, latencyMs: 300, feed: { limits: null } });
  const { report, counts } = await life.drain();
  const writes = counts.creates + counts.checkpointMoves;
  return { events: report.archived, counts, perMillion: writes / (report.archived / 1e6) };
}

function add(total: PortCounts, counts: PortCounts): void {
  for (const name of Object.keys(total) as (keyof PortCounts)[]) total[name] += counts[name];
}
