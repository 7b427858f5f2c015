/** One buffer serves all pages: larger than the first needs, so that the next do not make it grow again. */
const PAGE_HEADROOM = 1.25;

/** Room to put a page's lines together in, one page after the other. Several writers may share one. */
export interface PageSpace {
  /** Resolves once what was put there before is read no more. */
  take(sizeBytes: number): Promise<Buffer>;
  /** Says until when what was taken is read; a failure is told by whoever reads. */
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
      free = until.catch(() => undefined);
    },
  };
}
