/**
 * Whether a day may hold an event more than once, so that its lines have to be numbered. That takes most of the time and all of
 * the memory of a question over many days, and nearly no day needs it.
 */
import { createFingerprintList, findDoubles } from "../../lambda/archive/fingerprints.ts";

export interface RepeatWatch {
  /** A line of the day, as DuckDB will read it: the bytes from `start` on and before `end`. */
  see(bytes: Buffer, start: number, end: number): void;
  /** False: no two lines have one gid, and no two without a gid are equal. Asked once, after the last line. */
  mayHoldRepeats(): boolean;
}

/** As Asana begins every event. Its first `gid` is the one that a query sees. */
const BEGINNING = Buffer.from('{"gid":"');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Lines that the views take for one event begin with the same gid, or are equal. So where each line begins with a gid that has no
 * escapes, and no two with the same one, nothing repeats. Of any other line nothing is known.
 */
export function createRepeatWatch(): RepeatWatch {
  const gids = createFingerprintList();
  let isEachKnown = true;
  return {
    see(bytes, start, end) {
      if (!isEachKnown) return;
      const gidStart = start + BEGINNING.length;
      const gidEnd = beginsAsEvent(bytes, start, end) ? endOfText(bytes, gidStart, end) : null;
      if (gidEnd === null) isEachKnown = false;
      else gids.add(bytes.toString("latin1", gidStart, gidEnd));
    },
    mayHoldRepeats: () => !isEachKnown || findDoubles([gids.finish()], 1).size > 0,
  };
}

function beginsAsEvent(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < BEGINNING.length) return false;
  for (let at = 0; at < BEGINNING.length; at++) if (bytes[start + at] !== BEGINNING[at]) return false;
  return true;
}

/** Null: it has an escape, or no end. */
function endOfText(bytes: Buffer, start: number, end: number): number | null {
  for (let at = start; at < end; at++) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at] === BACKSLASH) return null;
  }
  return null;
}
