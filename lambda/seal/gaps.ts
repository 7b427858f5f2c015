/** Parts of a day that were not looked at. From one seal of a day to the next they only shrink. */
import { compareInstants, type Instant } from "../event/instant.ts";
import type { Gap } from "./text.ts";

type Part = Pick<Gap, "from" | "until">;

/** What is in a gap of both, with the reason of the first. Both are in order. */
export const intersectGaps = (gaps: readonly Gap[], others: readonly Part[]): Gap[] =>
  gaps.flatMap((gap) =>
    others.flatMap((other) => {
      const from = compareInstants(gap.from, other.from) >= 0 ? gap.from : other.from;
      const until = compareInstants(gap.until, other.until) <= 0 ? gap.until : other.until;
      return compareInstants(from, until) < 0 ? [{ ...gap, from, until }] : [];
    }),
  );

/** Whether all of the gaps lie in the others. Both are in order. */
export function areGapsWithin(gaps: readonly Part[], others: readonly Part[]): boolean {
  const whole = joinParts(others);
  return gaps.every(({ from, until }) =>
    whole.some((other) => compareInstants(from, other.from) >= 0 && compareInstants(until, other.until) <= 0),
  );
}

/** Parts that touch become one. */
function joinParts(parts: readonly Part[]): Part[] {
  const joined: { from: Instant; until: Instant }[] = [];
  for (const { from, until } of parts) {
    const last = joined.at(-1);
    if (last !== undefined && compareInstants(last.until, from) >= 0) last.until = until;
    else joined.push({ from, until });
  }
  return joined;
}
