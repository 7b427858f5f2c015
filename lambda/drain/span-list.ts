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
  /** Stores what is not stored yet. */
  save(): Promise<void>;
}

/** Changes that are stored with the next ones, where nothing was archived: each is a request, and a new look costs as much. */
const MAX_UNSAVED = 20;

export function storedSpans(run: Run): SpanList {
  let unsaved = 0;
  let segments = run.report.segments;
  const save = async (): Promise<void> => {
    unsaved = 0;
    segments = run.report.segments;
    const hints = await run.hints();
    await run.checkpoint.move((state) => ({ ...state, hints, notBefore: null }));
  };
  return {
    get spans() {
      return run.checkpoint.state.spans;
    },
    update: async (change, { newest } = { newest: null }) => {
      run.checkpoint.note((state) => ({
        ...state,
        spans: change(state.spans),
        watermark: laterInstant(state.watermark, newest),
      }));
      unsaved += 1;
      if (unsaved >= MAX_UNSAVED || run.report.segments > segments) await save();
      run.progress();
    },
    save: async () => {
      if (unsaved > 0) await save();
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
    save: async () => undefined,
  };
}
