/** The promises that only somebody who knows the source's truth can judge: I1, I7 and I8. */
import type { Occurrence } from "../../lambda/archive/invariants.ts";
import { type Violation, violation } from "../../lambda/archive/violation.ts";
import { dayPrefix, workspacePrefix } from "../../lambda/segment/key.ts";

/** The bytes of an archived event, and what the source has shown under its id. */
export function judgeVerbatim(found: Occurrence, bytes: Buffer, shown: Iterable<Buffer>): Violation[] {
  for (const received of shown) if (received.equals(bytes)) return [];
  return [violation("I7", found.key, `event ${found.id} is not as the source showed it`, found.line)];
}

/** An event of the source's truth, and for how long the source has been showing it. */
interface ShownEvent {
  readonly id: string;
  readonly day: string;
  readonly shownForMs: number;
}

/** `rescanDelayMs`: after how long a late event must have been found; 0 once everything has been rescanned. */
export function* judgeComplete(
  workspace: string,
  shown: Iterable<ShownEvent>,
  archived: { has(id: string): boolean },
  rescanDelayMs: number,
): Generator<Violation> {
  for (const { id, day, shownForMs } of shown) {
    if (shownForMs <= rescanDelayMs || archived.has(id)) continue;
    yield violation("I1", dayPrefix(workspace, day), `event ${id} was shown and is not archived`);
  }
}

/** Runs since the last fault, of which none caught up. */
export function judgeProgress(workspace: string, calmRuns: number, allowedRuns: number): Violation[] {
  if (calmRuns <= allowedRuns) return [];
  return [violation("I8", workspacePrefix(workspace), `not caught up after ${calmRuns} runs without a fault`)];
}
