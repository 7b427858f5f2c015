/** One look at a span: what the source shows there is archived, and what it does not show is doubted. */
import type { SourceEvent } from "../event/event.ts";
import { type Instant, instantToMs, laterInstant, msToInstant, shiftInstant } from "../event/instant.ts";
import type { SavedOffset, SpanPurpose } from "../ports.ts";
import { PageFailure } from "./pages.ts";
import {
  archivePass,
  isFresh,
  MAX_REFUSALS,
  offsetsRefused,
  type PassResult,
  type Position,
  pageRequest,
} from "./pass.ts";
import type { Run } from "./run.ts";
import { isOldDoubt } from "./schedule.ts";
import { ofSpans, type SpanList } from "./span-list.ts";
import { clearDoubt, earlier, isBefore, keepOffset, MAX_SPANS, markDoubted, type Part } from "./spans.ts";
import { countArchived, countShown, createSurveyCounts, isSurelyKept, oldestOf } from "./survey-counts.ts";
import { addFound, type Found, type Listed, markFound } from "./surveys.ts";

/**
 * A part of a span that one reader has taken. `ask`: when silence there was met before: never, in this run, or in a run
 * that is long enough ago for silence to be believed.
 */
export interface Assignment {
  readonly purpose: SpanPurpose;
  /** How far it is read. */
  from: Instant | null;
  /** Comes closer when another reader takes over the second half. */
  until: Instant;
  offset: SavedOffset | null;
  readonly ask: "first" | "again" | "later";
  /** When silence there was first met. */
  readonly doubtedAt: Instant | null;
  /** The span could not be read before: the source is asked once, and the span is split if it fails. */
  readonly isSuspect: boolean;
  /** Where reading began, how far it has come, and in how many pages: an estimate of what is left. */
  beganAt: Instant | null;
  reached: Instant | null;
  pages: number;
}

/** Parts that showed nothing, or less than is archived, and are not believed yet. */
export interface Look {
  readonly end: PassResult["end"];
  readonly doubts: readonly Part[];
}

/**
 * Reads an assignment to its end, or for a turn; whether the turn is over is asked after each page. Everything up to where
 * it came is off the list, or doubted.
 */
export async function look(
  run: Run,
  list: SpanList,
  assignment: Assignment,
  isTurnOver: (pages: number) => boolean,
  signal: AbortSignal,
): Promise<Look> {
  const doubts: Part[] = [];
  await forgetDoubt(list, assignment);
  const beganFrom = assignment.from;
  let readFrom = assignment.from; // what is shown from here on is among the ids
  let judgedTo = assignment.from; // up to here what is archived was compared with what was shown
  const shown = new Map<string, Instant>(); // what still belongs to a part that is on the list
  let newestShown: Instant | null = null;
  let isLess = false; // less was shown than is archived, and that is believed
  const counts = createSurveyCounts(run, list);
  /**
   * Whether what this look shows is believed. For what somebody asked for, no later run follows. Before the first answer
   * a run has only its own clock to tell how old a doubt is; by now it has the source's.
   */
  const isLast = (): boolean => {
    const { ask, purpose, doubtedAt } = assignment;
    if (ask === "later") return doubtedAt !== null && isOldDoubt(doubtedAt, run.now());
    return ask === "again" && purpose === "asked";
  };
  const result = await read();
  if (result.end === "end" || result.end === "blank") await finish();
  return { end: result.end, doubts };

  async function read(): Promise<PassResult> {
    for (let refusals = 0; ; refusals += 1) {
      const offset =
        isFresh(run, assignment.offset) && reaches(assignment.offset, assignment.until) ? assignment.offset : null;
      newestShown = laterInstant(newestShown, offset?.newest ?? null);
      if (newestShown !== null && offset !== null) judgedTo = laterInstant(judgedTo, shiftInstant(newestShown, 1));
      readFrom = judgedTo;
      const from = assignment.from;
      const request =
        offset === null ? pageRequest(run, { startAt: from, endAt: assignment.until }) : pageRequest(run, offset);
      const pass = await archivePass(
        run,
        {
          request: assignment.isSuspect ? { ...request, attempts: 1 } : request,
          batchBytes: run.limits.readerBatchBytes,
          countsLate: assignment.purpose !== "new",
          // A turn that ended without coming further would be repeated by every run.
          isTurnOver: (pages, place) =>
            (isTurnOver(pages) && (place === null || isBefore(beganFrom, place))) || !isBefore(place, assignment.until),
          onShown: noteShown,
          watcher: counts.watcher,
          onCommitted: save,
        },
        signal,
      );
      if (pass.end !== "offset-refused") return pass;
      assignment.offset = null;
      if (isBefore(from, assignment.from)) refusals = 0;
      if (refusals >= MAX_REFUSALS) throw new PageFailure(offsetsRefused());
      judgedTo = assignment.from; // by time, events are shown again that were compared already
      shown.clear();
    }
  }

  function noteShown(events: readonly SourceEvent[], { newest }: Position): void {
    assignment.pages += 1;
    counts.page();
    newestShown = laterInstant(newestShown, newest);
    assignment.beganAt ??= newest;
    assignment.reached = laterInstant(assignment.reached, newest);
    for (const { id, at } of events) if (at !== null && !isBefore(at, readFrom)) shown.set(id, at);
  }

  /** After a commit: what lies behind the position is done, unless the archive holds more than was shown. */
  async function save({ newest, resumeAt, offset }: Position): Promise<void> {
    // Events at the newest instant may still come on the next page.
    const missing = newest === null ? 0 : await judge(cut(newest));
    // A list that is full of doubts has no room for what lies between two of them.
    const isDoubted = (missing > 0 || list.spans.length >= MAX_SPANS) && !isLast();
    const { purpose, from, until } = assignment; // as they are now: the change is applied again to what another run has stored
    const to = newest === null ? from : earlier(missing > 0 && isDoubted ? cut(newest) : resumeAt!, assignment.until);
    const part = isBefore(from, to) ? { purpose, from, until: to! } : null;
    // What was not shown between the two is told only by reading on from there by time.
    const isHidden = isLess && newest !== null && isBefore(to, cut(newest));
    const kept = !isHidden && isBefore(offset?.newest ?? null, assignment.until) ? offset : null;
    if (part !== null && isDoubted) doubts.push(part);
    const found = part === null ? [] : isDoubted ? counts.inDoubt(part) : await countRead(part);
    await list.update(
      (listed) => {
        if (part === null) return ofSpans((spans) => keepOffset(spans, { purpose, from }, kept))(listed);
        const rest = isDoubted ? doubt(listed, part, found) : markFound(listed, part, found);
        // What was shown answers the doubt of the whole: what lies behind it is silent for the first time, if it is.
        const behind = { purpose, from: part.until, until };
        return ofSpans((spans) =>
          keepOffset(
            assignment.ask === "first" ? spans : clearDoubt(spans, behind),
            { ...part, from: part.until },
            kept,
          ),
        )(rest);
      },
      { newest: purpose === "new" ? newest : null },
    );
    // Not before: what the list has still, and no assignment, is open to other readers.
    if (part !== null) assignment.from = to;
    assignment.offset = kept;
    for (const [id, at] of shown) if (isBefore(at, assignment.from)) shown.delete(id);
  }

  /**
   * At the end of the span: all behind the newest event shown is silence. Where that begins later than what was doubted,
   * something was shown that was not there before, and this silence is met for the first time. A clock that was wrong may have
   * put the end of a span of new events, and the tail with it, into the future: silence there, too, is met for the first time
   * where it was still to come when the doubt was noted.
   */
  async function finish(): Promise<void> {
    const { purpose, from, until, doubtedAt } = assignment;
    const shownTo = laterInstant(from, newestShown && cut(newestShown));
    const silentFrom = shownTo && earlier(shownTo, until);
    const isKnown = isLast() && !isBefore(beganFrom, silentFrom);
    if (isKnown || !isLast()) await judge(until);
    const knownTo = purpose === "new" && isBefore(doubtedAt, until) ? laterInstant(silentFrom, doubtedAt) : until;
    const readTo = isKnown ? knownTo : silentFrom;
    const rest: Part = { purpose, from: readTo, until };
    const isDoubted = isBefore(readTo, until);
    if (isDoubted) doubts.push(rest);
    const part = isBefore(from, readTo) ? { purpose, from, until: readTo! } : null;
    const found = part === null ? [] : await countRead(part);
    const behind = isDoubted ? counts.inDoubt(rest) : [];
    await list.update((listed) => {
      const left = part === null ? listed : markFound(listed, part, found);
      return isDoubted ? doubt(left, rest, behind, isLast()) : left;
    });
  }

  function countRead(part: Part): Promise<readonly Found[]> {
    return counts.inRead(part, { events: shown, from: readFrom }, isLess);
  }

  function doubt({ spans, surveys }: Listed, part: Part, found: readonly Found[], isOver = false): Listed {
    return { spans: markDoubted(spans, part, run.now(), isOver), surveys: addFound(surveys, part, found) };
  }

  /** How many archived events before `to` the source did not show, of those that were not compared before. */
  async function judge(to: Instant): Promise<number> {
    const from = judgedTo ?? oldestOf(shown.values());
    if (from === null || !isBefore(from, to)) return 0;
    const seen = countShown({ events: shown }, from, to);
    judgedTo = to;
    const missing = isSurelyKept(run, from) ? (await countArchived(run, from, to)) - seen : 0;
    if (missing <= 0) return 0;
    run.deps.log("warn", "the source shows less than is archived", {
      workspace: run.workspace,
      from,
      until: to,
      missing,
      isBelieved: isLast(),
    });
    if (isLast()) isLess = true;
    return missing;
  }
}

/**
 * Takes a doubt off the part that is over: the reader from which the part was taken over was shown something before it, or
 * a clock that was wrong dated the doubt ahead.
 */
async function forgetDoubt(list: SpanList, { ask, purpose, from, until, doubtedAt }: Assignment): Promise<void> {
  if (ask === "first" && doubtedAt !== null)
    await list.update(ofSpans((spans) => clearDoubt(spans, { purpose, from, until })));
}

/** An offset of a reader that had only a part of the span leads to the end of that part: what follows would seem silent. */
const reaches = ({ endAt }: SavedOffset, until: Instant): boolean => endAt === null || !isBefore(endAt, until);

/** To the millisecond, as the source can be asked. */
export const cut = (instant: Instant): Instant => msToInstant(instantToMs(instant));
