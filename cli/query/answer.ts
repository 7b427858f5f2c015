/** What a query gives: columns, and rows as they come. */
import {
  DuckDBListValue,
  type DuckDBResult,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";

export interface AnswerColumn {
  readonly name: string;
  /** DuckDB's name of the type, such as VARCHAR or BIGINT. */
  readonly type: string;
  readonly isNumber: boolean;
}

/**
 * A value of a row. An integer is a bigint, so that no digit is lost; a point in time is a `Timestamp`; what else has
 * no plain form is its text.
 */
export type AnswerValue = string | number | bigint | boolean | null | Timestamp | readonly AnswerValue[] | AnswerRecord;

export interface AnswerRecord {
  readonly [key: string]: AnswerValue;
}

/**
 * `YYYY-MM-DD HH:mm:ss.fff`, as Athena prints it: in UTC, at least three fraction digits. In another time zone it ends with
 * its offset.
 */
export interface Timestamp {
  readonly timestamp: string;
}

export interface QueryAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly rowCount: number;
  /** In pieces, in order. Can be read once. */
  readonly rows: AsyncIterable<readonly (readonly AnswerValue[])[]>;
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;

export function readColumns(result: DuckDBResult): AnswerColumn[] {
  return result.deduplicatedColumnNames().map((name, index) => {
    const type = result.columnType(index).toString();
    return { name, type, isNumber: NUMBERS.test(type) };
  });
}

export function readValue(value: DuckDBValue): AnswerValue {
  if (value === null || typeof value !== "object") return value;
  if (isTimestamp(value)) return { timestamp: timestampText(value.toString()) };
  if (value instanceof DuckDBListValue) return value.items.map(readValue);
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([key, item]) => [key, readValue(item)]));
  }
  return value.toString();
}

export const isTimestampValue = (value: AnswerValue): value is Timestamp =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  typeof (value as Timestamp).timestamp === "string";

const TIMESTAMPS = [
  DuckDBTimestampValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
];

const isTimestamp = (value: object): boolean => TIMESTAMPS.some((type) => value instanceof type);

/** From `2026-05-01 09:00:00`, with or without a fraction and a zone that is always UTC. */
export function timestampText(text: string): string {
  const match = /^(\S+ \d\d:\d\d:\d\d)(?:\.(\d+))?(?:\+00)?$/.exec(text);
  return match === null ? text : `${match[1]}.${(match[2] ?? "").padEnd(3, "0")}`;
}

export function valueText(value: AnswerValue): string {
  if (isTimestampValue(value)) return value.timestamp;
  return typeof value === "object" && value !== null ? jsonText(value) : String(value);
}

/** With its offset, or else in UTC. */
export const isoText = ({ timestamp }: Timestamp): string =>
  timestamp.replace(" ", "T") + (/[+-]\d\d:\d\d$/.test(timestamp) ? "" : "Z");

/** JSON.stringify has no integers beyond 2^53. What JSON has no number for (NaN, infinity) is null, as it has it. */
export function jsonText(value: AnswerValue): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isTimestampValue(value)) return JSON.stringify(isoText(value));
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const entries = Object.entries(value as Readonly<Record<string, AnswerValue>>);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(",")}}`;
}
