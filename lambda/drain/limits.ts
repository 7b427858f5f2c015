/** Bounds that follow from the source, from memory or from Lambda, and are no settings. Only tests and benches change them. */
export interface Limits {
  /**
   * A batch that spans more day logs than this is committed: each open one costs a compressor's memory (about 270 KB),
   * and in a stream ordered by time the older ones are complete.
   */
  readonly batchDays: number;
  /** Bytes of lines that a batch holds while several readers are at work. */
  readonly readerBatchBytes: number;
  /** Saved offsets older than this are not tried: Asana's ordinary ones live 900 s, and a refusal costs a request. */
  readonly offsetLifeMs: number;
  /** Spans read at the same time. Within the source's limits: 25 requests per second, 50 in flight. */
  readonly readers: number;
  /** A span is read for this many pages; then others have their turn. */
  readonly turnPages: number;
  /** A history of fewer pages than this is read by one reader: splitting it costs more requests than it saves time. */
  readonly longFromPages: number;
  /** What another reader has of a span still before it is worth taking half of it, in pages. */
  readonly sharePages: number;
  /**
   * Bytes of pages in flight and in hand, over all readers. While it is received and archived a page takes three times its
   * size and more, so pages of 50 MB come one after the other; with ordinary ones, all readers are at work.
   */
  readonly pageBytes: number;
  /** Events dated further than this ahead of the source's clock never move the watermark or the offset. */
  readonly aheadMs: number;
  /** Pages in one run; only a feed that never ends gets there. */
  readonly maxPages: number;
  /** Ids of archived events kept in memory for comparing; about 150 bytes each. */
  readonly maxIds: number;
}

const MEBIBYTE = 1024 * 1024;

export const defaultLimits: Limits = Object.freeze({
  batchDays: 3,
  readerBatchBytes: 8 * MEBIBYTE,
  offsetLifeMs: 15 * 60_000,
  readers: 8,
  turnPages: 100,
  longFromPages: 50,
  sharePages: 20,
  pageBytes: 64 * MEBIBYTE,
  aheadMs: 60_000,
  maxPages: 1_000_000,
  maxIds: 200_000,
});
