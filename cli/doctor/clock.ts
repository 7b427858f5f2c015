import { formatDuration } from "../terminal.ts";
import { defineCheck, notOk, ok } from "./finding.ts";
import { READ } from "./readings.ts";

export interface TwoClocks {
  /** Whose clock is compared with ours. */
  readonly whose: string;
  /** Milliseconds since 1970, ours taken halfway between request and answer. */
  readonly ours: number;
  readonly theirs: number;
}

/** AWS refuses requests that are a quarter of an hour off; a minute is far more than any clock that is kept. */
const MAX_SKEW_MS = 60_000;

export const clockCheck = defineCheck<TwoClocks>("clock", READ.notArchiving, ({ whose, ours, theirs }) => {
  const skewMs = ours - theirs;
  // The `Date` header has whole seconds.
  if (Math.abs(skewMs) < 2_000) return ok(`the same as that of ${whose}`);
  const found = `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? "ahead of" : "behind"} that of ${whose}`;
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return ok(found);
  return notOk(found, "Set this machine's clock, and let NTP keep it");
});

/** The time in a `Date` header; null: there is none that can be read. */
export function readDate(header: string | undefined): number | null {
  const ms = Date.parse(header ?? "");
  return Number.isNaN(ms) ? null : ms;
}
