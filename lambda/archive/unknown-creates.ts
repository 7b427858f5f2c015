import type { Clock } from "../ports.ts";

/** A store that does not say what it did is asked again after 0.2, 0.4, ... 6.4 seconds. */
const MOST = 6;
const FIRST_WAIT_MS = 200;

/** The creates in one place of which the store did not say whether they took effect. */
export interface UnknownCreates {
  /** Nothing more is to be expected of the store. */
  readonly areTooMany: boolean;
  /** Counts one, and waits before the store is asked again, unless there are too many. */
  wait(): Promise<void>;
}

export function countUnknownCreates(clock: Pick<Clock, "sleep">): UnknownCreates {
  let count = 0;
  return {
    get areTooMany() {
      return count > MOST;
    },
    async wait() {
      count += 1;
      if (count <= MOST) await clock.sleep(FIRST_WAIT_MS * 2 ** (count - 1));
    },
  };
}
