/** A count over time, drawn with characters. */
import { ArchiverError } from "../../lambda/errors.ts";
import { HOUR_MS } from "../../lambda/event/instant.ts";
import { type AnswerColumn, type AnswerValue, isTimestampValue, type QueryAnswer } from "./answer.ts";

/**
 * One bar an hour, day or month, whichever gives at most about a hundred, empty ones included. Time is the first column
 * that has one; what is counted is the first number beside it, or the rows where there is none. Throws ArchiverError
 * `misconfigured` if no column has a time.
 */
export async function plotAnswer(answer: QueryAnswer, widthCharacters: number): Promise<string> {
  const { timeIndex, countIndex } = chooseColumns(answer.columns);
  const points: (readonly [text: string, count: number])[] = [];
  for await (const rows of answer.rows) {
    for (const row of rows) {
      const text = timeText(row[timeIndex] ?? null);
      if (text !== null) points.push([text, countIndex < 0 ? 1 : Number(row[countIndex] ?? 0)]);
    }
  }
  if (points.length === 0) return "(no rows)\n";
  const counts = sumByBucket(points);
  return drawBars([...counts], widthCharacters);
}

function chooseColumns(columns: readonly AnswerColumn[]): { timeIndex: number; countIndex: number } {
  const timeIndex = columns.findIndex(
    ({ name, type }) => /^(TIMESTAMP|DATE)/.test(type) || /^(dt|day|month)$/.test(name),
  );
  const countIndex = columns.findIndex((column) => column.isNumber);
  if (timeIndex >= 0) return { timeIndex, countIndex };
  throw new ArchiverError("misconfigured", "The result has no time column to plot by.", {
    advice:
      "Select dt, created_at or date_trunc('hour', created_at), and a numeric column unless rows are to be counted.",
  });
}

/** `YYYY-MM-DD` or `YYYY-MM-DD HH:...`; null for what is no time. */
function timeText(value: AnswerValue): string | null {
  const text = isTimestampValue(value) ? value.timestamp : value;
  return typeof text === "string" && /^\d{4}-\d\d(-\d\d|$)/.test(text) ? text : null;
}

const MOST_BARS = 100;

interface Bucket {
  /** How much of the text of a time names it. */
  readonly length: number;
  /** Start of the bucket after the one that starts then. */
  next(startMs: number): number;
}

const BUCKETS: readonly Bucket[] = [
  { length: 13, next: (startMs) => startMs + HOUR_MS },
  { length: 10, next: (startMs) => startMs + 24 * HOUR_MS },
  { length: 7, next: (startMs) => new Date(startMs).setUTCMonth(new Date(startMs).getUTCMonth() + 1) },
];

function sumByBucket(points: readonly (readonly [string, number])[]): Map<string, number> {
  const finest = Math.min(...new Set(points.map(([text]) => text.length)));
  const [first, last] = bounds(points.map(([text]) => text));
  const candidates = BUCKETS.filter((bucket) => bucket.length <= finest || bucket.length === 7);
  const labels =
    candidates.map((bucket) => labelsBetween(bucket, first, last)).find((all) => all.length <= MOST_BARS) ??
    labelsBetween(BUCKETS[2]!, first, last, Number.POSITIVE_INFINITY);
  const counts = new Map(labels.map((label) => [label, 0]));
  const { length } = labels[0]!;
  for (const [text, count] of points)
    counts.set(text.slice(0, length), (counts.get(text.slice(0, length)) ?? 0) + count);
  return counts;
}

function labelsBetween(bucket: Bucket, first: string, last: string, most = MOST_BARS): string[] {
  const labels: string[] = [];
  let startMs = Date.parse(
    `${`${first}-01`.slice(0, 10)}T${bucket.length === 13 ? first.slice(11, 13) || "00" : "00"}:00:00Z`,
  );
  if (bucket.length === 7) startMs = Date.parse(`${first.slice(0, 7)}-01T00:00:00Z`);
  for (;;) {
    const label = new Date(startMs).toISOString().replace("T", " ").slice(0, bucket.length);
    if (label > last.slice(0, bucket.length) || labels.length > most) return labels;
    labels.push(label);
    startMs = bucket.next(startMs);
  }
}

function bounds(texts: readonly string[]): [string, string] {
  let first = texts[0]!;
  let last = texts[0]!;
  for (const text of texts) {
    if (text < first) first = text;
    if (text > last) last = text;
  }
  return [first, last];
}

/** Eighths of a block, so that small differences show. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function drawBars(counts: readonly (readonly [string, number])[], widthCharacters: number): string {
  const most = Math.max(...counts.map(([, count]) => count), 1);
  const figures = counts.map(([, count]) => count.toLocaleString("en-US"));
  const figureWidth = Math.max(...figures.map((figure) => figure.length));
  const barWidth = Math.max(10, widthCharacters - counts[0]![0].length - figureWidth - 7);
  const lines = counts.map(([label, count], index) => {
    const eighths = Math.round((Math.max(0, count) / most) * barWidth * 8);
    const bar = "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
    return `${label.length === 13 ? `${label}:00` : label}  ${figures[index]!.padStart(figureWidth)}  ${bar}`.trimEnd();
  });
  return `${lines.join("\n")}\n`;
}
