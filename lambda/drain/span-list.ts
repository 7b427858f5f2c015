/** The list of spans that a run works on: in the checkpoint, or in memory for what somebody asked for. */
import { type Instant, laterInstant } from "../event/instant.ts";
import type { Span, Survey } from "../ports.ts";
import type { Run } from "./run.ts";
import { isBefore, sorted } from "./spans.ts";
import type { Listed } from "./surveys.ts";

export interface SpanList extends Listed {
  /** `newest`: the newest event that was archived for the first time; the watermark is not below it then. */
  update(change: (listed: Listed) => Listed, archived?: { readonly newest: Instant | null }): Promise<void>;
  /** Stores what is not stored yet. */
  save(): Promise<void>;
}

/** A change of spans that no survey counts. */
export const ofSpans =
  (change: (spans: readonly Span[]) => readonly Span[]) =>
  ({ spans, surveys }: Listed): Listed => ({ spans: change(spans), surveys });

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
    get surveys() {
      return run.checkpoint.state.surveys;
    },
    update: async (change, { newest } = { newest: null }) => {
      run.checkpoint.note((state) => ({
        ...state,
        ...change({ spans: state.spans, surveys: state.surveys }),
        // An earlier checkpoint, put back meanwhile, may not list the span: then its tail still has to read what lies there.
        watermark: isBefore(state.tail.from, newest) ? state.watermark : laterInstant(state.watermark, newest),
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

export function spansInMemory(initial: readonly Span[], begun: readonly Survey[] = []): SpanList {
  let listed: Listed = { spans: sorted(initial), surveys: begun };
  return {
    get spans() {
      return listed.spans;
    },
    get surveys() {
      return listed.surveys;
    },
    update: async (change) => {
      const { spans, surveys } = change(listed);
      listed = { spans: sorted(spans), surveys };
    },
    save: async () => undefined,
  };
}
