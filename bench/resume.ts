import { type Bench, type Findings, measureParts, type Scale } from "./harness/bench.ts";
import { figure, withRange } from "./harness/figures.ts";
import { exactly, spread, spreadOfRatios, sum } from "./harness/statistics.ts";
import { openLife } from "./requests/virtual-life.ts";

/** At least 2.25 million events in pages of 1,000, on whatever weekday the history begins. */
const HISTORY = { daysBefore: 89, daysAfter: 1, pagesPerDay: 26 } as const;
/** A slow source: eight readers get four pages per second, so that a run reads a tenth of the history. */
const LATENCY_MS = 2_000;
const BUDGET_MS = 60_000;
/** Between two runs, so that the offsets of the first are still valid in the second, or are too old. */
const PAUSE_MS = { fresh: 15_000, stale: 20 * 60_000 } as const;

/** Counted at the archive's port, in two rounds. */
const WHY_DEARER =
  "a resumed run reads 9 to 26 segments of earlier runs, to compare what it is shown with what they hold; the first run has none to read.";

type Life = ReturnType<typeof openLife>;
type Run = Awaited<ReturnType<Life["drain"]>>;

export const resume: Bench = {
  name: "resume",
  claim:
    "a first drain that is cut off again and again makes hardly more requests to the source than one that is not, and its later runs cost no more than its first",
  run: (scale) => measureParts(scale, [requestsOf, cpuByRun]),
};

function openHistory(scale: Scale, pageEvents: number): Life {
  const { daysBefore, daysAfter, pagesPerDay } = HISTORY;
  return openLife({
    // A smoke run has 50 events per page: with fewer, a burst in one millisecond would take longer than a run.
    ...(scale.isSmoke
      ? { daysBefore: 20, daysAfter, eventsPerDay: 1_000 }
      : { daysBefore, daysAfter, eventsPerDay: pagesPerDay * pageEvents }),
    latencyMs: LATENCY_MS,
    feed: { cacheBytes: 3 * 1024 ** 3, defaultLimit: scale.pick(pageEvents, 50) },
  });
}

/** The figures are exact, because this runs in virtual time. */
async function requestsOf(scale: Scale): Promise<Findings> {
  const life = openHistory(scale, 1_000);
  scale.note("resume: one run without a limit");
  const whole = await life.drain();
  const fresh = await cutOff(scale, life, PAUSE_MS.fresh);
  const stale = await cutOff(scale, life, PAUSE_MS.stale);
  const requests = (runs: readonly Run[]) => sum(runs.map(({ sourceRequests }) => sourceRequests));
  const archived = (runs: readonly Run[]) => sum(runs.map(({ report }) => report.archived));
  const overWhole = (runs: readonly Run[]) => exactly(requests(runs) / whole.sourceRequests);
  const row = (name: string, runs: readonly Run[]): string[] => [
    name,
    String(runs.length),
    figure(archived(runs)),
    figure(requests(runs)),
    figure(requests(runs) / whole.sourceRequests),
    figure(sum(runs.map(({ report }) => report.repeats)) / archived(runs)),
    figure(sum(runs.map(({ report }) => report.segments))),
  ];
  return {
    ratios: [
      {
        id: "requests",
        target: 24,
        meaning: `requests to the source of a first drain in ${fresh.length} runs of 60 s, over one run's`,
        value: overWhole(fresh),
        goal: { is: "at most", bound: 1.1, stretch: 1.05 },
      },
      {
        id: "requests.stale",
        target: 24,
        meaning: "the same where each run begins 20 minutes after the one before, so that no offset is valid any more",
        value: overWhole(stale),
        goal: { is: "at most", bound: 1.1, stretch: 1.05 },
      },
      {
        id: "complete",
        meaning: "events archived by these runs, over one run's",
        value: exactly(Math.min(archived(fresh), archived(stale)) / archived([whole])),
        goal: { is: "at least", bound: 1, stretch: 1 },
      },
    ],
    tables: [
      {
        title: `A first drain of ${figure(archived([whole]))} events, pages of 1,000 at 2 s, 8 readers, in virtual time`,
        columns: ["drain", "runs", "events", "requests", "x one run", "repeats per event", "segments"],
        rows: [
          row("one run without a limit (baseline)", [whole]),
          row("runs of 60 s, 15 s apart", fresh),
          row("runs of 60 s, 20 min apart", stale),
        ],
      },
    ],
    notes: [
      "A run is cut off as on Lambda: its signal is aborted, and the run archives what it has in hand and ends. The next run repeats the requests that were under way.",
    ],
  };
}

/** In pages of 100 events, so that what each run costs once weighs ten times as much, and a round takes less than an hour. */
async function cpuByRun(scale: Scale): Promise<Findings> {
  const life = openHistory(scale, 100);
  await life.drain(); // the feed makes its events, and V8 compiles
  const rounds: Run[][] = [];
  for (let round = 0; round < scale.rounds; round += 1) rounds.push(await cutOff(scale, life, PAUSE_MS.fresh));
  // The last run reads too few pages to be compared: what each run costs once would weigh more in it.
  const full = rounds.map((runs) => runs.slice(0, -1));
  const perPage = (at: number) => full.map((runs) => runs[at]!.cpuMs / runs[at]!.report.pages);
  const overFirst = full[0]!.slice(1).map((_, at) => spreadOfRatios(perPage(at + 1), perPage(0)));
  const byMedian = overFirst.toSorted((a, b) => a.median - b.median);
  const pages = (runs: readonly Run[]) => sum(runs.map(({ report }) => report.pages));
  const cpu = (runs: readonly Run[]) => sum(runs.map(({ cpuMs }) => cpuMs)) / pages(runs);
  const resumed = full.map((runs) => cpu(runs.slice(1)));
  const half = Math.ceil((full[0]!.length + 1) / 2);
  return {
    ratios: [
      {
        id: "cpu",
        target: 25,
        meaning: "CPU time per page of all resumed runs, over the first run's",
        value: spreadOfRatios(resumed, perPage(0)),
        goal: { is: "at most", bound: 1.1, stretch: 1 },
        why: WHY_DEARER,
      },
      {
        id: "cpu.later",
        target: 25,
        meaning: "CPU time per page of the second half of the resumed runs, over the first half's",
        value: spreadOfRatios(
          full.map((runs) => cpu(runs.slice(half))),
          full.map((runs) => cpu(runs.slice(1, half))),
        ),
        goal: { is: "at most", bound: 1.1, stretch: 1 },
      },
      {
        id: "cpu.worst",
        meaning:
          "CPU time per page of the worst resumed run, over the first run's: among so many runs one is always an outlier",
        value: byMedian.at(-1)!,
      },
    ],
    tables: [
      {
        title: "By run of 60 s, 15 s apart, pages of 100 events: CPU time, less the feed's",
        columns: ["run", "pages", "requests", "CPU ms per page", "x the run before", "x the first (baseline)"],
        rows: full[0]!.map(({ report, sourceRequests }, at) => [
          String(at + 1),
          String(report.pages),
          String(sourceRequests),
          withRange(spread(perPage(at))),
          at === 0 ? "-" : withRange(spreadOfRatios(perPage(at), perPage(at - 1))),
          at === 0 ? "-" : withRange(overFirst[at - 1]!),
        ]),
      },
    ],
    notes: ["The last run is left out of the CPU times: it reads what is left."],
  };
}

/** A first drain in as many runs of 60 s as it takes. */
async function cutOff(scale: Scale, life: Life, pauseMs: number): Promise<Run[]> {
  life.startAnew();
  const runs: Run[] = [];
  do {
    scale.note(`resume: run ${runs.length + 1}`);
    runs.push(await life.drainFor(BUDGET_MS));
    await life.clock.sleep(pauseMs);
  } while (runs.at(-1)!.report.outcome !== "caught-up");
  return runs;
}
