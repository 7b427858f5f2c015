import { type Violation, violation } from "../archive/violation.ts";
import { compareInstants, type Instant } from "../event/instant.ts";
import { areGapsWithin } from "./gaps.ts";
import type { Seal } from "./text.ts";

/** A late seal after the one of its day before it: the day may only have grown, and what was not looked at only shrunk. */
export function judgeLate(key: string, before: Seal, seal: Seal): Violation[] {
  const violations: Violation[] = [];
  const judge = (holds: boolean, invariant: "I10" | "I11", message: string) => {
    if (!holds) violations.push(violation(invariant, key, message));
  };
  judge(
    seal.before === before.number,
    "I10",
    `names seal ${seal.before} as the one of ${seal.day} before it, which is seal ${before.number}`,
  );
  judge(
    seal.size >= before.size,
    "I10",
    `counts ${seal.size} events of ${seal.day}, but seal ${before.number} counts ${before.size}`,
  );
  judge(
    seal.segments >= before.segments,
    "I10",
    `counts ${seal.segments} segments of ${seal.day}, but seal ${before.number} counts ${before.segments}`,
  );
  judge(
    seal.size > before.size === seal.segments > before.segments,
    "I10",
    "its size and its segments do not go together with those before",
  );
  if (seal.size === before.size)
    judge(
      seal.root === before.root && seal.manifest === before.manifest,
      "I10",
      `has as many events of ${seal.day} as seal ${before.number}, but others`,
    );
  judge(isNoLater(seal.oldest, before.oldest), "I10", "its oldest event is later than that before");
  judge(isNoEarlier(seal.newest, before.newest), "I10", "its newest event is earlier than that before");
  judge(areGapsWithin(seal.gaps, before.gaps), "I11", `has a gap that seal ${before.number} did not have`);
  const [look, lookBefore] = [seal.coverage, before.coverage];
  judge((look?.number ?? 0) >= (lookBefore?.number ?? 0), "I11", "names an earlier look than before");
  if (look !== null && look.number === lookBefore?.number)
    judge(look.sha256 === lookBefore.sha256, "I11", `names another look ${look.number} than before`);
  return violations;
}

/** Where there was no event before, any will do. */
const isNoLater = (at: Instant | null, before: Instant | null): boolean =>
  before === null || (at !== null && compareInstants(at, before) <= 0);
const isNoEarlier = (at: Instant | null, before: Instant | null): boolean =>
  before === null || (at !== null && compareInstants(at, before) >= 0);
