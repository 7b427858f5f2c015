/**
 * A part of the audit log as bytes and columns: no event is kept as an object, so millions fit. Rows are ordered by
 * `created_at`, then gid.
 */
export interface EventTable {
  readonly count: number;
  /** The events' JSON texts joined by one comma, ready to stand between the brackets of `data`. */
  readonly bytes: Buffer;
  /** Where row i ends in `bytes`; row i + 1 begins one byte later. */
  readonly ends: Uint32Array;
  /** `created_at`, milliseconds since 1970. */
  readonly atMs: Float64Array;
  readonly gids: Float64Array;
  /** When the service begins to show the event, milliseconds since 1970. */
  readonly visibleAtMs: Float64Array;
  /** The latest of `visibleAtMs`. */
  readonly allVisibleAtMs: number;
}

/** The tables of one workspace in time order, each made when asked for; the same table every time. */
export interface TableSource {
  readonly events: number;
  readonly tables: number;
  /** All events of table i are at or after this, and all of table i - 1 before it. */
  startMs(table: number): number;
  table(table: number): EventTable;
}

export const rowStart = (table: EventTable, row: number): number => (row === 0 ? 0 : table.ends[row - 1]! + 1);

export const rowBytes = (table: EventTable, row: number): Buffer =>
  table.bytes.subarray(rowStart(table, row), table.ends[row]!);

/** Keeps the tables last used, up to `maxBytes` of event text; the others are made again when needed. */
export function cacheTables(source: TableSource, maxBytes: number): TableSource {
  const kept = new Map<number, EventTable>();
  let keptBytes = 0;
  return {
    events: source.events,
    tables: source.tables,
    startMs: source.startMs,
    table: (index) => {
      const known = kept.get(index);
      const table = known ?? source.table(index);
      kept.delete(index);
      kept.set(index, table);
      if (known !== undefined) return table;
      keptBytes += table.bytes.length;
      for (const [oldest, dropped] of kept) {
        if (keptBytes <= maxBytes || oldest === index) break;
        kept.delete(oldest);
        keptBytes -= dropped.bytes.length;
      }
      return table;
    },
  };
}
