/** What the worker threads of all commands have in common: when it is worth starting them, and how an error gets out of one. */
import { ArchiverError, type ErrorDetails, type ErrorKind } from "../lambda/errors.ts";
import { toArchiverError } from "./exit.ts";

/** Less than this is done before threads would have started, which takes each about a sixth of a second. */
const FEWEST_SEGMENTS = 1000;
const LEAST_BYTES = 16 * 1024 * 1024;

export const areThreadsWorthIt = (segments: number, totalBytes: number): boolean =>
  segments >= FEWEST_SEGMENTS || totalBytes >= LEAST_BYTES;

/** An error would lose its class when posted, so its parts are sent. */
export type PostedError = ErrorDetails & { readonly kind: ErrorKind; readonly message: string };

export function toPosted(error: unknown): PostedError {
  const { kind, message, advice, stack } = toArchiverError(error);
  const cause = Object.assign(new Error(message), { stack }); // a plain error, so that it can be posted
  return { kind, message, advice, cause };
}

export const fromPosted = (posted: PostedError): ArchiverError =>
  new ArchiverError(posted.kind, posted.message, posted);
