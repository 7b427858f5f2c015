/** What keeps one part of the log from being archived, and what concerns all of it. */
import { ArchiverError } from "../errors.ts";
import { ODD_DAY } from "../event/instant.ts";
import { PageFailure } from "./pages.ts";
import type { Run } from "./run.ts";
import { isAnswering } from "./source-clock.ts";

/**
 * Whether a page cannot be archived although the source and the other days are well: it failed while the source answers
 * other requests, or it has events for the odd day, whose log is damaged.
 */
export async function isUnreadable(run: Run, error: unknown, signal: AbortSignal): Promise<boolean> {
  return error instanceof PageFailure ? await isAnswering(run, signal) : dayOfHalt(error) === ODD_DAY;
}

/** The day whose log is damaged, where the others can go on; null for any other error. */
export const damagedDay = (error: unknown): string | null => dayOfHalt(error) ?? null;

const dayOfHalt = (error: unknown): string | undefined =>
  error instanceof ArchiverError && error.kind === "halted" ? error.day : undefined;
