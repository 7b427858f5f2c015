/** What the source cannot show of a window: what it deleted, and what is still to come. */

import { compareInstants, DAY_MS, type Instant, shiftInstant } from "../lambda/event/instant.ts";
import { KEPT_DAYS } from "../lambda/settings.ts";
import { misused } from "./exit.ts";

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
  if (events === 0 && endAt !== null && compareInstants(endAt, oldest) <= 0) {
    throw misused(
      `the source no longer shows this window: it keeps events for ${KEPT_DAYS} days`,
      `Nothing was looked at. Give a window that ends after ${oldest.slice(0, 10)}; what is archived stays.`,
    );
  }
  if (events === 0 && startAt !== null && compareInstants(now, startAt) <= 0) {
    throw misused(
      "this window lies in the future, of which the source shows nothing",
      `Nothing was looked at. Give a window that begins before ${now.slice(0, 19)}Z.`,
    );
  }
  if (startAt !== null && compareInstants(startAt, oldest) < 0) {
    return `the source may show nothing before ${oldest.slice(0, 10)}: it keeps events for ${KEPT_DAYS} days`;
  }
  if (endAt !== null && compareInstants(now, endAt) < 0) {
    return `what happens after ${now.slice(0, 19)}Z, within this window, is still to be read`;
  }
  return null;
}
