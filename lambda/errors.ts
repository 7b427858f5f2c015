/**
 * What ends a run, by what the operator has to do about it.
 *
 * - `misconfigured`: a setting is wrong; fix it.
 * - `refused`: the source rejects the request (token, plan, workspace, a parameter); asking again does not help.
 * - `unavailable`: the source or a store did not answer; the next run tries again.
 * - `invalid-response`: the source answered something that is not a page; the next run tries again, and if it
 *   persists, the API has changed.
 * - `halted`: the archive and the checkpoint, or the archive and itself, contradict each other; nothing is written
 *   until somebody has looked.
 */
export type ErrorKind = "misconfigured" | "refused" | "unavailable" | "invalid-response" | "halted";

export interface ErrorDetails {
  /** One sentence: what to do. */
  readonly advice: string;
  /** HTTP status of the source, where it was one. */
  readonly status?: number;
  /** Milliseconds since 1970 before which the source asked not to be called. */
  readonly notBefore?: number;
  /** The day log that contradicts itself: the other days are not affected. */
  readonly day?: string;
  readonly cause?: unknown;
}

/** `message` is one sentence of cause, and holds no secret, no offset and no event content. */
export class ArchiverError extends Error {
  override readonly name = "ArchiverError";
  readonly kind: ErrorKind;
  readonly advice: string;
  readonly status: number | undefined;
  readonly notBefore: number | undefined;
  readonly day: string | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.advice = details.advice;
    this.status = details.status;
    this.notBefore = details.notBefore;
    this.day = details.day;
  }
}
