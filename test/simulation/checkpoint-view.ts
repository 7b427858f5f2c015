/** What the simulation asks of a checkpoint's state. */
import type { Instant } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import { type Micros, toMicros } from "./stream.ts";

/** A part of the source's time that the checkpoint admits not to have read. */
export interface Listed {
  readonly purpose: string;
  readonly from: Instant | null;
  readonly until: Instant;
  readonly dueAt: Instant;
  readonly doubtedAt: Instant | null;
}

/** Formats 1 and 2: the first has `rescans` and no list. */
interface EitherFormat {
  readonly spans?: readonly Listed[];
  readonly lost?: readonly { readonly from: Instant | null; readonly until: Instant }[];
  readonly scheduled?: Scheduled;
  readonly rescans?: Scheduled;
  readonly tail?: { readonly from: Instant | null };
}

export interface Scheduled {
  readonly recentUntil: Instant | null;
  readonly settledThrough: string | null;
  readonly agedThrough: string | null;
}

const either = (state: CheckpointState): EitherFormat => state as unknown as EitherFormat;

/** False for the format that has no list of spans. */
export const hasSpans = (state: CheckpointState): boolean => either(state).spans !== undefined;
export const listedSpans = (state: CheckpointState): readonly Listed[] => either(state).spans ?? [];
/** From where the tail is read when it is read by time. */
export const tailFrom = (state: CheckpointState): Instant | null => either(state).tail?.from ?? null;
export const scheduledOf = (state: CheckpointState): Scheduled =>
  either(state).scheduled ?? either(state).rescans ?? { recentUntil: null, settledThrough: null, agedThrough: null };

export const isIn = ({ from, until }: Pick<Listed, "from" | "until">, at: Micros): boolean =>
  (from === null || toMicros(from) <= at) && at < toMicros(until);

/** Tells of a place whether the state says that it is still to be read, or lost. */
export function listing(state: CheckpointState): (at: Micros) => boolean {
  const parts = [...listedSpans(state), ...(either(state).lost ?? [])].map(({ from, until }) => ({
    from: from === null ? Number.NEGATIVE_INFINITY : toMicros(from),
    until: toMicros(until),
  }));
  return (at) => parts.some(({ from, until }) => from <= at && at < until);
}

export const isListed = (state: CheckpointState, at: Micros): boolean => listing(state)(at);

export function describeState(state: CheckpointState): string {
  const spans = listedSpans(state).map(
    ({ purpose, from, until, doubtedAt }) => `${purpose} ${from} ${until}${doubtedAt === null ? "" : " doubted"}`,
  );
  const { recentUntil, settledThrough, agedThrough } = scheduledOf(state);
  return `${recentUntil} ${settledThrough} ${agedThrough} [${spans.join(", ")}]`;
}
