/** What makes a writer stop: the archive contradicts itself or the checkpoint. Nothing is written until somebody looked. */
import { ArchiverError } from "../errors.ts";

const VERIFY = "Run verify on that day, and restore what is missing or damaged from object versions or from a copy.";

/** A segment that contradicts the log. `what` goes on from "Segment <key> ...". */
export function badSegment(key: string, what: string, cause?: unknown): ArchiverError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new ArchiverError("halted", `Segment ${key} ${what}${reason}.`, { advice: VERIFY, cause });
}

export function gapInLog(workspace: string, day: string, expected: number, found: number): ArchiverError {
  const place = `The log of workspace ${workspace}, day ${day}`;
  return new ArchiverError("halted", `${place}, has segment ${found} where ${expected} should be.`, { advice: VERIFY });
}

export function checkpointClaimsMore(workspace: string, day: string, number: number): ArchiverError {
  return new ArchiverError(
    "halted",
    `The checkpoint of workspace ${workspace} knows segment ${number} of day ${day}, and the archive does not hold it.`,
    {
      advice:
        "Check that this is the right archive. If it is, restore it; if the loss is accepted, delete the checkpoint and drain again.",
    },
  );
}
