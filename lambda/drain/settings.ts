/** How a run works. Frozen, serialisable, without secrets; every number says why. */
export interface DrainSettings {
  /** A scan starts this much before the watermark, for events that became visible late. */
  readonly overlapMs: number;
  /** A batch is committed when it holds this many events, ... */
  readonly batchEvents: number;
  /** ... this many bytes of lines (about an eighth of it stays in memory, compressed), ... */
  readonly batchBytes: number;
  /** ... is this old, so that the offset behind it is saved well within the 15 minutes that offsets live, ... */
  readonly batchMs: number;
  /**
   * ... or spans more day logs than this: each open one costs a compressor's memory (about 270 KB), and in a stream
   * ordered by time the older ones are complete.
   */
  readonly batchDays: number;
  /** Saved offsets older than this are not tried: Asana's ordinary ones live 900 s, and a refusal costs a request. */
  readonly offsetLifeMs: number;
  /** Windows read at once in a long history. Within the source's limits: 25 requests a second, 50 in flight. */
  readonly windows: number;
  /** A history of fewer pages than this is read in one scan: cutting it costs more requests than it saves time. */
  readonly windowsFromPages: number;
  /** Fewer events on the first page (at least one) say too little of how many follow: a quiet log is read in one scan. */
  readonly windowsFromEvents: number;
  /** About how many pages a window should have; each window ends with one empty page. */
  readonly windowPages: number;
  /** Bytes of lines a batch holds while windows run side by side. */
  readonly windowBatchBytes: number;
  /** Events dated further than this ahead of the source's clock never move the watermark or the offset. */
  readonly aheadMs: number;
  /** Pages in one run; only a feed that never ends gets there. */
  readonly maxPages: number;
  /** Ids of archived events kept in memory for comparing; about 100 bytes each. */
  readonly maxIds: number;
}

const MINUTE_MS = 60_000;
const MEBIBYTE = 1024 * 1024;

export const defaultDrainSettings: DrainSettings = Object.freeze({
  overlapMs: 60 * MINUTE_MS,
  batchEvents: 100_000,
  batchBytes: 64 * MEBIBYTE,
  batchMs: 5 * MINUTE_MS,
  batchDays: 3,
  offsetLifeMs: 15 * MINUTE_MS,
  windows: 8,
  windowsFromPages: 50,
  windowsFromEvents: 100,
  windowPages: 50,
  windowBatchBytes: 8 * MEBIBYTE,
  aheadMs: MINUTE_MS,
  maxPages: 1_000_000,
  maxIds: 50_000,
});
