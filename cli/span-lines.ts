/** The progress of an archive according to its checkpoint, as lines of at most a hundred columns. */
import type { SpanStatus } from "../lambda/archive/span-status.ts";
import type { Instant } from "../lambda/event/instant.ts";
import { formatDuration, plural } from "./terminal.ts";

/** Further spans of the same kind are counted, not listed. */
const MAX_LISTED = 5;
const LABEL_WIDTH = 10;

/** `watermark`: null before the first event. All lines after the first are details of it. */
export function* spanLines(watermark: Instant | null, status: SpanStatus): Generator<string> {
  const exceptions = [...exceptionLines(status)];
  const reached =
    watermark === null
      ? "no drain without a window has read anything yet"
      : `everything that the source showed up to ${toSecond(watermark)} is archived`;
  yield exceptions.length === 0 ? reached : `${reached}, except:`;
  yield* exceptions;
  if (status.drainedAt !== null) yield line("drained", `the newest events, last at ${toSecond(status.drainedAt)}`);
  const { recentUntil, settledThrough, agedThrough } = status.scheduled;
  const hour = recentUntil === null ? "never" : `to ${toSecond(recentUntil)}`;
  const day = (through: string | null) => (through === null ? "never" : `to ${through}`);
  yield line("rescanned", `last hour ${hour}, days ${day(settledThrough)}, 80-day-old days ${day(agedThrough)}`);
  const later = settledThrough === null ? "no day" : `no day after ${settledThrough}`;
  yield line("", `${later} was read again yet for events that became visible late`);
}

function* exceptionLines({ toRead, doubted, unreadable, lost }: SpanStatus): Generator<string> {
  for (const { purpose, count, from, until, dueForMs } of toRead) {
    const due = dueForMs === 0 ? "not due yet" : `due for ${formatDuration(dueForMs)}`;
    yield line("to read", `${between({ from, until }, toSecond)}  ${purpose}, ${plural(count, "span")}, ${due}`);
  }
  if (doubted.length > 0) {
    const inMs = Math.min(...doubted.map(({ secondLookInMs }) => secondLookInMs));
    const next = inMs === 0 ? "the next rescan reads again" : `read again in ${formatDuration(inMs)}`;
    yield line("quiet", `${plural(doubted.length, "span")} showed nothing new when first read; ${next}`);
  }
  yield* listed("unreadable", unreadable, ({ failedRuns }) => `tried in ${plural(failedRuns, "run")}`);
  yield* listed("lost", lost, ({ notedAt }) => `noted ${toSecond(notedAt)}`);
}

interface Place {
  readonly from: Instant | null;
  readonly until: Instant;
}

function* listed<T extends Place>(
  label: string,
  spans: readonly T[],
  describe: (span: T) => string,
): Generator<string> {
  for (const span of spans.slice(0, MAX_LISTED))
    yield line(label, `${between(span, toMillisecond)}  ${describe(span)}`);
  if (spans.length > MAX_LISTED) yield line(label, `and ${plural(spans.length - MAX_LISTED, "more span")}`);
}

const line = (label: string, text: string): string => `  ${label.padEnd(LABEL_WIDTH)} ${text}`;

const between = ({ from, until }: Place, show: (at: Instant) => string): string =>
  `${from === null ? "the oldest event" : show(from)} to ${show(until)}`;

const toSecond = (at: Instant): string => `${at.slice(0, 19)}Z`;
const toMillisecond = (at: Instant): string => `${at.slice(0, 23)}Z`;
