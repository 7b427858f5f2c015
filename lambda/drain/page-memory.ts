/** A page is given up as too large beyond this: it is asked for with fewer events then. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** Ordinary pages have a megabyte. */
export const LEAST_PAGE_BYTES = 4 * 1024 * 1024;
/** Pages of one source are about as large as each other. */
const SPARE = 1.25;
/** After a large page, room for the next ones shrinks by a tenth with each that needs less. */
const FADE = 0.9;

/** Memory that is set aside for a page, before it is asked for and until its events are taken over. */
export interface PageRoom {
  /** The page may have this many bytes. */
  readonly bytes: number;
  /** The page is there, and needs only this much. */
  fill(bytes: number): void;
  /** The page did not fit: the next ones get more room. False: there is no more room. */
  overflow(): boolean;
  /** The page is in memory no more. Safe to call again. */
  free(): void;
}

/** Memory for pages, shared by all readers of a run: as many are in flight and in hand as fit. */
export interface PageMemory {
  /** Waits for room. A reader that waits holds none, so that none waits forever. */
  take(signal: AbortSignal): Promise<PageRoom>;
  /** Null: no room at the moment. */
  tryTake(): PageRoom | null;
}

export function createPageMemory(totalBytes: number): PageMemory {
  const waiting = new Set<() => void>();
  let expected = Math.min(LEAST_PAGE_BYTES, totalBytes);
  let used = 0;

  const wakeAll = (): void => {
    for (const wake of [...waiting]) wake();
  };

  const tryTake = (): PageRoom | null => {
    // One page is always let through, however large: without it nothing would go on.
    if (used > 0 && used + expected > totalBytes) return null;
    let held = expected;
    used += held;
    const setTo = (bytes: number): void => {
      used += bytes - held;
      held = bytes;
      wakeAll();
    };
    let isFree = false;
    return {
      bytes: held,
      fill: (bytes) => {
        expected = Math.min(
          MAX_PAGE_BYTES,
          totalBytes,
          Math.max(Math.ceil(expected * FADE), Math.ceil(bytes * SPARE), LEAST_PAGE_BYTES),
        );
        if (!isFree) setTo(bytes);
      },
      overflow: () => {
        const mostBytes = Math.min(MAX_PAGE_BYTES, totalBytes);
        const isLargest = held >= mostBytes;
        expected = Math.min(mostBytes, Math.max(expected, 2 * held));
        return !isLargest;
      },
      free: () => {
        isFree = true;
        setTo(0);
      },
    };
  };

  return {
    tryTake,
    take: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const room = tryTake();
        if (room !== null) return room;
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          waiting.add(wake);
          signal.addEventListener("abort", wake, { once: true });
        });
      }
    },
  };
}
