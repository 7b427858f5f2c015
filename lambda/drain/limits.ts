/** What nobody may set: bounds that follow from the source, from memory or from Lambda. Only tests and benches change them. */
export interface Limits {
  /**
   * A batch that spans more day logs than this is committed: each open one costs a compressor's memory (about 270 KB),
   * and in a stream ordered by time the older ones are complete.
   */
  readonly batchDays: number;
  /** Saved offsets older than this are not tried: Asana's ordinary ones live 900 s, and a refusal costs a request. */
  readonly offsetLifeMs: number;
  /** Windows read at once in a long history. Within the source's limits: 25 requests per second, 50 in flight. */
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

export const defaultLimits: Limits = Object.freeze({
  batchDays: 3,
  offsetLifeMs: 15 * 60_000,
  windows: 8,
  windowsFromPages: 50,
  windowsFromEvents: 100,
  windowPages: 50,
  windowBatchBytes: 8 * 1024 * 1024,
  aheadMs: 60_000,
  maxPages: 1_000_000,
  maxIds: 50_000,
});
