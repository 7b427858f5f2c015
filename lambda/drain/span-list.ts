/** The list of spans that a run works on: in the checkpoint, or in memory for what somebody asked for. */
import { type Instant, laterInstant } from "../event/instant.ts";
import type { Span } from "../ports.ts";
import type { Run } from "./run.ts";
import { sorted } from "./spans.ts";

export interface SpanList {
  readonly spans: readonly Span[];
  /** `newest`: the newest event that was archived for the first time; the watermark is not below it then. */
  update(
    change: (spans: readonly Span[]) => readonly Span[],
    archived?: { readonly newest: Instant | null },
  ): Promise<void>;
}

export function storedSpans(run: Run): SpanList {
  return {
    get spans() {
      return run.checkpoint.state.spans;
    },
    update: async (change, { newest } = { newest: null }) => {
      const hints = await run.hints();
      await run.checkpoint.move((state) => ({
        ...state,
        spans: change(state.spans),
        watermark: laterInstant(state.watermark, newest),
        hints,
        notBefore: null,
      }));
      run.progress();
    },
  };
}

export function spansInMemory(initial: readonly Span[]): SpanList {
  let spans = sorted(initial);
  return {
    get spans() {
      return spans;
    },
    update: async (change) => {
      spans = sorted(change(spans));
    },
  };
}
