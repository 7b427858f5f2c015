/** One buffer serves all pages: larger than the first needs, so that the next do not make it grow again. */
const PAGE_HEADROOM = 1.25;
/** A buffer larger than this is not kept: each reader of a run has one, and pages of 50 MB would fill the memory with them. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** A buffer in which the lines of one page after the other are joined. Several writers may share it. */
export interface PageSpace {
  /** Resolves when the previous page is no longer in use. */
  take(sizeBytes: number): Promise<Buffer>;
  /** Keeps the buffer busy until this promise settles; its error is the reader's to report. */
  lend(until: Promise<void>): void;
}

export function createPageSpace(): PageSpace {
  let space = Buffer.alloc(0);
  let free: Promise<void> = Promise.resolve();
  return {
    take: async (sizeBytes) => {
      await free;
      if (space.length < sizeBytes) space = Buffer.allocUnsafeSlow(Math.ceil(sizeBytes * PAGE_HEADROOM));
      return space;
    },
    lend: (until) => {
      free = until
        .catch(() => undefined)
        .then(() => {
          if (space.length > KEPT_BYTES) space = Buffer.alloc(0);
        });
    },
  };
}
