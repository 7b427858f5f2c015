import type { LoggedEvent } from "./company.ts";
import { type EventTable, rowBytes, rowStart, type TableSource } from "./table.ts";

/** A place in the stream: behind the event of this instant and gid. */
export interface StreamPosition {
  readonly atMs: number;
  readonly gid: string;
}

export interface ReadQuery {
  /** Only events behind this place; null for all. */
  readonly after: StreamPosition | null;
  /** Inclusive, milliseconds since 1970. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly limit: number;
  /** Only events visible by then. */
  readonly nowMs: number;
  /** Only events it says yes to; null for all. */
  readonly matches: ((line: Buffer) => boolean) | null;
}

export interface ReadResult {
  /** Event texts. The texts within a part are joined by commas; the parts are not. */
  readonly parts: readonly Buffer[];
  readonly count: number;
  /** Place of the last event; null when there is none. */
  readonly last: StreamPosition | null;
}

/** An append-only log of one workspace, ordered by `created_at`, then gid. */
export interface EventLog {
  append(event: LoggedEvent): void;
  read(query: ReadQuery): ReadResult;
  /** Every event ever put in, in order, whether visible or not. */
  events(): Generator<LoggedEvent>;
}

/** Gids of digits in the order of their numbers. */
export function compareGids(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

const comparePlaces = (a: StreamPosition, b: StreamPosition) => a.atMs - b.atMs || compareGids(a.gid, b.gid);

/** `source` holds what is generated; appended events are kept beside it and merged in when read. */
export function createEventLog(source: TableSource | null): EventLog {
  const appended: LoggedEvent[] = [];
  const tables = source ?? { events: 0, tables: 0, startMs: () => 0, table: () => neverTable() };

  return {
    append: (event) => {
      appended.splice(
        firstIndex(appended.length, (index) => comparePlaces(appended[index]!, event) > 0),
        0,
        event,
      );
    },
    read: (query) => {
      const page = createPage(query);
      const from: StreamPosition = { atMs: query.fromMs, gid: "" };
      const start = query.after !== null && comparePlaces(query.after, from) >= 0 ? query.after : from;
      let next = firstIndex(appended.length, (index) => comparePlaces(appended[index]!, start) > 0);
      const takeAppended = (before: StreamPosition | null) => {
        for (; next < appended.length && !page.full(); next++) {
          const event = appended[next]!;
          if (event.atMs >= query.toMs || (before !== null && comparePlaces(event, before) > 0)) return;
          page.offer(event);
        }
      };
      const first = firstIndex(tables.tables, (index) => tables.startMs(index) > start.atMs) - 1;
      for (let index = Math.max(0, first); index < tables.tables && !page.full(); index++) {
        const startMs = tables.startMs(index);
        // Generated events are never visible before they are made.
        if (startMs >= query.toMs || startMs > query.nowMs) break;
        const table = tables.table(index);
        const row = firstIndex(table.count, (at) => comparePlaces(placeOf(table, at), start) > 0);
        const end = firstIndex(table.count, (at) => table.atMs[at]! >= query.toMs);
        const lastRow = placeOf(table, end - 1);
        const mixed = next < appended.length && end > row && comparePlaces(appended[next]!, lastRow) < 0;
        if (!mixed && query.matches === null && table.allVisibleAtMs <= query.nowMs) page.takeRun(table, row, end);
        else {
          for (let at = row; at < end && !page.full(); at++) {
            takeAppended(placeOf(table, at));
            if (!page.full()) page.offer(eventAt(table, at));
          }
        }
      }
      takeAppended(null);
      return page.result();
    },
    events: function* () {
      let next = 0;
      for (let index = 0; index < tables.tables; index++) {
        const table = tables.table(index);
        for (let row = 0; row < table.count; row++) {
          const event = eventAt(table, row);
          while (next < appended.length && comparePlaces(appended[next]!, event) < 0) yield appended[next++]!;
          yield event;
        }
      }
      yield* appended.slice(next);
    },
  };
}

/** Gathers what is visible and asked for, up to the limit. */
function createPage(query: ReadQuery) {
  const parts: Buffer[] = [];
  let count = 0;
  let last: StreamPosition | null = null;
  return {
    full: () => count >= query.limit,
    offer: (event: LoggedEvent) => {
      if (event.visibleAtMs > query.nowMs) return;
      if (query.matches !== null && !query.matches(event.line)) return;
      parts.push(event.line);
      count++;
      last = { atMs: event.atMs, gid: event.gid };
    },
    takeRun: (table: EventTable, row: number, end: number) => {
      const stop = Math.min(end, row + query.limit - count);
      if (stop <= row) return;
      parts.push(table.bytes.subarray(rowStart(table, row), table.ends[stop - 1]!));
      count += stop - row;
      last = placeOf(table, stop - 1);
    },
    result: (): ReadResult => ({ parts, count, last }),
  };
}

const placeOf = (table: EventTable, row: number): StreamPosition => ({
  atMs: table.atMs[row] ?? Number.NEGATIVE_INFINITY,
  gid: String(table.gids[row] ?? ""),
});

const eventAt = (table: EventTable, row: number): LoggedEvent => ({
  gid: String(table.gids[row]),
  atMs: table.atMs[row]!,
  visibleAtMs: table.visibleAtMs[row]!,
  line: rowBytes(table, row),
});

/** The first index for which `isBehind` holds; it must hold for all after it. */
function firstIndex(count: number, isBehind: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function neverTable(): never {
  throw new Error("An empty log has no tables.");
}
