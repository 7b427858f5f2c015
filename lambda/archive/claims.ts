import { ArchiverError } from "../errors.ts";
import { logDay } from "../event/instant.ts";
import type { CheckpointState, CheckpointStore } from "../ports.ts";
import { type FoundLog, judgeBehind } from "./invariants.ts";
import { type ArchiveRange, isInRange } from "./inventory.ts";
import type { LogResult, UnreadObject } from "./verify-log.ts";

/** What a checkpoint says is archived. */
export type CheckpointClaim = Pick<CheckpointState, "hints" | "watermark" | "tail" | "spans" | "scheduled" | "lost">;

/** The checkpoints' claims about days in the range. One that cannot be read claims nothing, and is listed as unread. */
export async function readClaims(
  checkpoints: Pick<CheckpointStore, "read"> | null,
  workspaces: readonly string[],
  range: ArchiveRange,
): Promise<{ claims: ReadonlyMap<string, CheckpointClaim>; unread: readonly UnreadObject[] }> {
  const claims = new Map<string, CheckpointClaim>();
  const unread: UnreadObject[] = [];
  for (const workspace of checkpoints === null ? [] : workspaces) {
    try {
      const checkpoint = await checkpoints!.read(workspace);
      if (checkpoint !== null)
        claims.set(
          workspace,
          claimAbout(checkpoint.state, (day) => isInRange(day, range)),
        );
    } catch (error) {
      if (!(error instanceof ArchiverError)) throw error;
      const isDamaged = error.kind === "halted";
      const key = `checkpoint of workspace ${workspace}`;
      unread.push({ key, message: error.message, ...(isDamaged && { advice: error.advice }) });
    }
  }
  return { claims, unread };
}

/** Judges a claim by the logs that were read; logs that could not be read are left out. */
export function judgeClaim(
  workspace: string,
  claim: CheckpointClaim,
  logs: readonly LogResult[],
  mayBeExpired: (day: string) => boolean,
) {
  const found = new Map<string, FoundLog>();
  const unknown = new Set<string>();
  for (const log of logs) {
    if (log.found === null) unknown.add(log.day);
    else found.set(log.day, log.found);
  }
  return judgeBehind(
    workspace,
    claimAbout(claim, (day) => !unknown.has(day)),
    found,
    mayBeExpired,
  );
}

function claimAbout(
  { hints, watermark, tail, spans, scheduled, lost }: CheckpointClaim,
  isWanted: (day: string) => boolean,
): CheckpointClaim {
  return {
    tail,
    spans,
    scheduled,
    lost,
    hints: Object.fromEntries(Object.entries(hints).filter(([day]) => isWanted(day))),
    watermark: watermark !== null && isWanted(logDay(watermark)) ? watermark : null,
  };
}
