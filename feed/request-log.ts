import type { FaultKind } from "./faults.ts";

/** One request as the feed saw it. Times are on the feed's clock, milliseconds since 1970. */
export interface LoggedRequest {
  /** Counted from 1. */
  readonly number: number;
  readonly atMs: number;
  /** When the answer is complete, including latency and scripted delays. */
  readonly endsAtMs: number;
  readonly method: string;
  readonly path: string;
  /** Parameters as sent, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** null when the path named none. */
  readonly workspace: string | null;
  /** 0 if no answer was sent. */
  readonly status: number;
  readonly events: number;
  readonly fault: FaultKind | null;
}
