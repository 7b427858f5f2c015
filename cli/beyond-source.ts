/** What the source cannot show of a window: what it deleted, and what is still to come. */

import { ArchiverError } from "../lambda/errors.ts";
import { compareInstants, DAY_MS, type Instant, shiftInstant } from "../lambda/event/instant.ts";

/** Asana deletes audit log events when they are this old. */
const KEPT_DAYS = 90;

export interface Window {
  readonly startAt: Instant | null;
  readonly endAt: Instant | null;
}

/**
 * A sentence about the part of the window that cannot be shown; null if it can be, all of it. Throws ArchiverError
 * `misconfigured` if none of it can be, and nothing was: that run has looked at nothing. `now`: by the source's clock.
 */
export function beyondSource({ startAt, endAt }: Window, now: Instant, events: number): string | null {
  const oldest = shiftInstant(now, -KEPT_DAYS * DAY_MS);
  const isBefore = (a: Instant | null, b: Instant) => a !== null && compareInstants(a, b) <= 0;
  if (events === 0 && isBefore(endAt, oldest)) {
    throw new ArchiverError(
      "misconfigured",
      `the source no longer shows this window: it keeps events for ${KEPT_DAYS} days`,
      {
        advice: `Nothing was looked at. Give a window that ends after ${oldest.slice(0, 10)}; what is archived stays.`,
      },
    );
  }
  if (events === 0 && startAt !== null && isBefore(now, startAt)) {
    throw new ArchiverError("misconfigured", "this window lies in the future, of which the source shows nothing", {
      advice: `Nothing was looked at. Give a window that begins before ${now.slice(0, 19)}Z.`,
    });
  }
  if (startAt !== null && compareInstants(startAt, oldest) < 0) {
    return `the source may show nothing before ${oldest.slice(0, 10)}: it keeps events for ${KEPT_DAYS} days`;
  }
  if (endAt !== null && compareInstants(now, endAt) < 0) {
    return `what happens after ${now.slice(0, 19)}Z, within this window, is still to be read`;
  }
  return null;
}
