import { plainText } from "../event/plain-text.ts";

export const INVARIANTS = {
  I1: "complete: every event the source showed for longer than the rescan delay is in the archive",
  I2: "once: no gid is in two lines",
  I3: "gapless: each day log is numbered 1 to n, and each manifest continues the one before",
  I4: "behind: the checkpoint never claims more than is archived",
  I5: "immutable: a segment is never changed, replaced or deleted",
  I6: "placed: every line is in its own day's log, in source order, and nothing else is there",
  I7: "verbatim: the bytes of an event are those received",
  I8: "progress: once faults stop, a bounded number of runs catches up",
  I9: "chained: seals are numbered without a gap, and each names the one before and is signed by the key in force",
  I10: "sealed: every settled day has a seal that matches its log, quiet days too",
  I11: "looked: every sealed day was looked at to its end after it was settled, or its seal says what was not",
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** A broken promise, at a key (or the beginning of keys). Safe to print: nothing in it can steer a terminal. */
export interface Violation {
  readonly invariant: Invariant;
  readonly key: string;
  /** Counted from 1. */
  readonly line?: number;
  readonly message: string;
}

/** A line may hold a gid of many megabytes; no more of it is looked at for a message. */
const MAX_TEXT_LENGTH = 400;

export const violation = (invariant: Invariant, key: string, message: string, line?: number): Violation => ({
  invariant,
  key: plainText(key.slice(0, MAX_TEXT_LENGTH)),
  message: plainText(message.slice(0, MAX_TEXT_LENGTH)),
  ...(line === undefined ? {} : { line }),
});

/** Keeps the first violations and counts the rest: a wholly damaged day must not fill memory or a screen. */
export interface ViolationList {
  add(violations: Iterable<Violation>): void;
  readonly listed: readonly Violation[];
  readonly count: number;
}

export function createViolationList(max: number): ViolationList {
  const listed: Violation[] = [];
  let count = 0;
  return {
    listed,
    add(violations) {
      for (const violation of violations) {
        count += 1;
        if (listed.length < max) listed.push(violation);
      }
    },
    get count() {
      return count;
    },
  };
}
