/** How much memory a query may take, and how many threads that is enough for. */
import { availableParallelism, totalmem } from "node:os";
import { InvalidArgumentError } from "commander";

export interface QueryMemory {
  readonly limitBytes: number;
  readonly threads: number;
}

const MEBIBYTE = 1024 * 1024;
/** The rest is for node, the system, and whatever else runs. */
const SHARE = 0.6;
/** A thread that reads lines holds several buffers of the longest line that an event may have, 64 MiB each. */
const THREAD_BYTES = 512 * MEBIBYTE;
/** Less is not enough for one thread. */
const LEAST_BYTES = 256 * MEBIBYTE;
/** What the program around the engine takes: node, this code, the answer on its way out, and threads that read segments. */
const PROGRAM_BYTES = 256 * MEBIBYTE;
/** The share of its memory that the engine counts where a wide answer is sorted on disk (measured). */
const COUNTED_SHARE = 0.75;
/** Enough for the questions over a year with an engine of `LEAST_BYTES` (measured). */
const LEAST_GIVEN_BYTES = 480 * MEBIBYTE;

/**
 * What the engine may take. `givenBytes`: what the user allows the whole process. By default a share of what the process may have, a
 * container's limit included.
 */
export function queryMemory(
  givenBytes: number | null,
  cpus = availableParallelism(),
  availableBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
): QueryMemory {
  const ofEngine =
    givenBytes === null ? Math.floor(availableBytes * SHARE) : Math.floor((givenBytes - PROGRAM_BYTES) * COUNTED_SHARE);
  const limitBytes = Math.max(LEAST_BYTES, ofEngine);
  return { limitBytes, threads: Math.max(1, Math.min(cpus, Math.floor(limitBytes / THREAD_BYTES))) };
}

const UNITS: Readonly<Record<string, number>> = { M: MEBIBYTE, G: 1024 * MEBIBYTE, T: 1024 * 1024 * MEBIBYTE };

export function readMemory(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,6}(?:\.\d+)?)\s?([MGT])(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS[unit.toUpperCase()] ?? 0));
  if (bytes >= LEAST_GIVEN_BYTES) return bytes;
  throw new InvalidArgumentError(`Give a size such as 512M or 4G, at least ${LEAST_GIVEN_BYTES / MEBIBYTE}M.`);
}
