/** What makes a writer stop: the archive contradicts itself or the checkpoint. Nothing is written to that day until somebody has looked. */
import { ArchiverError } from "../errors.ts";
import type { Violation } from "./violation.ts";

const VERIFY = "Run verify on that day, and restore what is missing or damaged from object versions or from a copy.";
const CHECK_ARCHIVE =
  "Check that this is the right archive. If it is, restore it; if the loss is accepted, delete the checkpoint and drain again.";

const DAY_OF_KEY = /\/dt=(\d{4}-\d\d-\d\d)\//;

/** A broken promise that a writer came upon. */
export function halt({ invariant, key, message }: Violation, cause?: unknown): ArchiverError {
  const advice = invariant === "I4" ? CHECK_ARCHIVE : VERIFY;
  const day = DAY_OF_KEY.exec(key)?.[1];
  return new ArchiverError("halted", `${key} ${message} (${invariant}).`, { advice, cause, ...(day && { day }) });
}

/** Throws for the first violation, if there is one. */
export function haltAt(violations: readonly Violation[]): void {
  const [first] = violations;
  if (first !== undefined) throw halt(first);
}
