import { ArchiverError } from "../errors.ts";
import {
  compareInstants,
  DAY_MS,
  HOUR_MS,
  type Instant,
  instantToMs,
  laterInstant,
  msToInstant,
} from "../event/instant.ts";
import type { Page } from "../ports.ts";
import type { Limits } from "./limits.ts";
import { archivePass, pageRequest } from "./pass.ts";
import type { Run } from "./run.ts";

/** Half-open; null start: from the oldest the source keeps. */
export interface Window {
  readonly startAt: Instant | null;
  readonly endAt: Instant;
}

/** Spans that cut days evenly, or are whole days. */
const SPANS_MS = [1, 2, 3, 6, 12, 24, 48, 72, 120, 240, 480].map((hours) => hours * HOUR_MS);
/** 90 days at 6 hours; each window costs a request more. */
const MAX_WINDOWS = 360;
/** A window whose offset is refused on the way is read on from there by time; this often without getting further. */
export const MAX_REFUSALS = 3;

/**
 * Cuts a long history into windows, judged by how much time its first page covers. Empty when one scan will do. Pure.
 * With windows of about `windowPages` pages, but at least three for each reader, so that a busy one delays little.
 */
export function planWindows(first: Page, startAt: Instant | null, until: Instant, limits: Limits): Window[] {
  const times = first.events.flatMap((event) => (event.at === null ? [] : [instantToMs(event.at)]));
  if (times.length < limits.windowsFromEvents || limits.windows < 2) return [];
  const oldest = Math.min(...times);
  const pageMs = Math.max(1, Math.max(...times) - oldest);
  const totalMs = instantToMs(until) - oldest;
  const pages = totalMs / pageMs;
  if (totalMs < DAY_MS || pages < limits.windowsFromPages) return [];

  const wanted = Math.max(pages / limits.windowPages, 3 * limits.windows);
  const fewestMs = SPANS_MS.find((span) => span >= totalMs / MAX_WINDOWS) ?? SPANS_MS.at(-1)!;
  const spanMs = Math.max(fewestMs, SPANS_MS.findLast((span) => span <= totalMs / wanted) ?? HOUR_MS);
  const windows: Window[] = [];
  let from = startAt;
  for (let at = Math.floor(oldest / spanMs) * spanMs + spanMs; at < instantToMs(until); at += spanMs) {
    windows.push({ startAt: from, endAt: msToInstant(at) });
    from = msToInstant(at);
  }
  windows.push({ startAt: from, endAt: until });
  return windows;
}

/**
 * Reads windows side by side, oldest first. `onPrefix` is told the newest event of the windows that are done without
 * one missing before them: that is how far a next run need not look again. Resolves to false when time was up.
 */
export async function archiveWindows(
  run: Run,
  windows: readonly Window[],
  onPrefix: (newest: Instant | null) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results: (Instant | null | undefined)[] = [];
  let started = 0;
  let prefix = 0;
  let newest: Instant | null = null;

  const reader = async (): Promise<void> => {
    while (started < windows.length && !either.aborted) {
      const index = started++;
      const result = await archiveWindow(run, windows[index]!, either);
      if (result === "stopped") return;
      results[index] = result.newest;
      const before = prefix;
      while (results[prefix] !== undefined) newest = laterInstant(newest, results[prefix++]!);
      if (prefix > before) await onPrefix(newest);
    }
  };
  const readers = Array.from({ length: run.limits.windows }, async () => {
    try {
      await reader();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const settled = await Promise.allSettled(readers);
  const failures = settled.filter((outcome) => outcome.status === "rejected").map((outcome) => outcome.reason);
  if (failures.length > 0) throw worst(failures);
  return prefix === windows.length;
}

/** Reads one window to its end. `first`: its first page, if it has been read already. */
export async function archiveWindow(
  run: Run,
  { startAt, endAt }: Window,
  signal: AbortSignal,
  first?: Page,
): Promise<{ readonly newest: Instant | null } | "stopped"> {
  const batchBytes = run.limits.windowBatchBytes;
  let from = startAt;
  let newest: Instant | null = null;
  let cutAt: Instant | null | undefined; // null: cut short where no event had a readable time yet
  for (let refusals = 0; refusals < MAX_REFUSALS; ) {
    const request = pageRequest(run, from, endAt);
    const result = await archivePass(run, { request, batchBytes, ...(first && { first }) }, signal);
    first = undefined;
    if (result.end === "stopped") return "stopped";
    newest = laterInstant(newest, result.newest);
    if (result.end === "offset-refused") refusals = isPast(result.newest, from) ? 0 : refusals + 1;
    // A window that was cut short is done only when reading on from there is cut short at the same place.
    else if (result.end !== "cut" || newest === cutAt) return { newest };
    else cutAt = newest;
    from = laterInstant(from, result.newest); // inclusive, so that ties are read again
  }
  throw offsetsRefused();
}

export const isPast = (newest: Instant | null, from: Instant | null): boolean =>
  newest !== null && (from === null || compareInstants(newest, from) > 0);

export function offsetsRefused(): ArchiverError {
  return new ArchiverError("unavailable", `The source refused its own offsets ${MAX_REFUSALS} times at one place.`, {
    advice: "What was read is archived; the next run goes on.",
  });
}

/** A halt outweighs a refusal, and that a fault that passes. */
function worst(failures: readonly unknown[]): unknown {
  const order = ["halted", "misconfigured", "refused"];
  const rank = (error: unknown) => (error instanceof ArchiverError ? order.indexOf(error.kind) : -1);
  const ranked = failures.filter((error) => rank(error) >= 0).sort((a, b) => rank(a) - rank(b));
  return ranked[0] ?? failures[0];
}
