/**
 * Surveys: what was found of the whole days that are read again. Pure functions, like those of the list of spans, and
 * applied together with them: nothing is counted that is not done, and nothing that is done is left uncounted, whatever
 * cuts a run off.
 */

import { MAX_GONE_IDS, MAX_UNREAD } from "../coverage/entry.ts";
import { dayOf, type Instant, instantToMs, laterInstant, shiftDay, startOfDay } from "../event/instant.ts";
import type { CheckpointState, Survey } from "../ports.ts";
import { earlier, isBefore, markRead, type Part, subtract } from "./spans.ts";

/** The list of spans, and the surveys that some of them belong to. */
export type Listed = Pick<CheckpointState, "spans" | "surveys">;

/** The source keeps 90 days, and each is surveyed twice at most; more can only wait for an archive that takes no entries. */
const MAX_SURVEYS = 200;
/** Of all surveys together: an ordinary id has 16 bytes, so that 20 of them are kept of 50 days. */
const MAX_GONE_ID_BYTES = 16 * 1024;

/** What was found in a part of a day. */
export interface Found extends Pick<Survey, "requests" | "seen" | "added" | "gone" | "goneIds" | "conflicts" | "odd"> {
  readonly day: string;
  /** When, on the source's clock. */
  readonly at: Instant;
  /** The source had forgotten this part of it, or may have; null: nothing of it. */
  readonly unread: readonly [Instant, Instant] | null;
}

export const nothingFound = (day: string, at: Instant): Found => ({
  ...{ day, at, requests: 0, seen: 0, added: 0, gone: 0, goneIds: [], conflicts: 0, odd: 0, unread: null },
});

const isOf = (survey: Survey, { day, purpose }: Pick<Survey, "day" | "purpose">): boolean =>
  survey.day === day && survey.purpose === purpose;

/** Begins a survey. One of that day and purpose that has not come to its end is given up: all is read once more. */
export function beginSurvey(
  surveys: readonly Survey[],
  { day, purpose, began }: Pick<Survey, "day" | "purpose" | "began">,
): readonly Survey[] {
  const counts = { requests: 0, seen: 0, added: 0, gone: 0, goneIds: [], conflicts: 0, odd: 0 };
  const others = surveys.filter((survey) => !isOf(survey, { day, purpose }));
  return [...others, { day, purpose, began, ended: began, ...counts, unread: [] }].slice(-MAX_SURVEYS);
}

/** Without those that have become entries, or were given up. */
export const endSurveys = (surveys: readonly Survey[], ended: readonly Survey[]): readonly Survey[] =>
  surveys.filter((survey) => !ended.some((other) => isOf(survey, other) && survey.began === other.began));

/** What of a day lies in a part; null: nothing. */
export function insideDay(
  { from, until }: Omit<Part, "purpose">,
  day: string,
): { from: Instant; until: Instant } | null {
  const begins = startOfDay(day);
  if ((from !== null && dayOf(from) > day) || !isBefore(begins, until)) return null;
  const inside = { from: laterInstant(from, begins)!, until: earlier(until, startOfDay(shiftDay(day, 1))) };
  return isBefore(inside.from, inside.until) ? inside : null;
}

/** What of the survey's day is still on the list: unread, or in doubt. */
export const leftOf = (
  { spans }: Pick<Listed, "spans">,
  { day, purpose }: Survey,
): readonly { from: Instant; until: Instant }[] =>
  spans.flatMap((span) => (span.purpose === purpose ? (insideDay(span, day) ?? []) : []));

/**
 * The part is read and believed: it leaves the list, and what was found in it is counted. Where another run has taken
 * something of it off the list meanwhile, what that run has counted stands: the rest stays on the list, to be read again.
 */
export function markFound(listed: Listed, part: Part, found: readonly Found[]): Listed {
  if (found.length === 0) return { ...listed, spans: markRead(listed.spans, part) };
  if (!isListed(listed, part)) return listed;
  return { spans: markRead(listed.spans, part), surveys: addFound(listed.surveys, part, found) };
}

/** Whether all of the part is on the list. */
function isListed({ spans }: Listed, part: Part): boolean {
  const span = { ...part, dueAt: part.until, doubtedAt: null, failedRuns: 0, offset: null };
  return subtract([span], spans).length === 0;
}

/** Adds what was found to the surveys that it belongs to. */
export function addFound(
  surveys: readonly Survey[],
  { purpose }: Pick<Part, "purpose">,
  found: readonly Found[],
): readonly Survey[] {
  const counted = surveys.map((survey) => {
    const more = found.find(({ day }) => survey.day === day && survey.purpose === purpose);
    return more === undefined ? survey : sum(survey, more);
  });
  return withFewIds(counted);
}

const sum = (survey: Survey, more: Found): Survey => ({
  ...survey,
  ended: laterInstant(survey.ended, more.at)!,
  requests: survey.requests + more.requests,
  seen: survey.seen + more.seen,
  added: survey.added + more.added,
  gone: survey.gone + more.gone,
  goneIds: [...survey.goneIds, ...more.goneIds].slice(0, MAX_GONE_IDS),
  conflicts: survey.conflicts + more.conflicts,
  odd: survey.odd + more.odd,
  unread: more.unread === null ? survey.unread : joined([...survey.unread, more.unread]),
});

/** Keeps ids as long as they fit: what is gone is counted all the same. */
function withFewIds(surveys: readonly Survey[]): readonly Survey[] {
  let bytes = 0;
  return surveys.map((survey) => {
    const goneIds = survey.goneIds.filter((id) => {
      bytes += Buffer.byteLength(id);
      return bytes <= MAX_GONE_ID_BYTES;
    });
    return goneIds.length === survey.goneIds.length ? survey : { ...survey, goneIds };
  });
}

/** What the source has forgotten leaves the list without having been read. */
export const noteForgotten = (surveys: readonly Survey[], passed: readonly Part[], at: Instant): readonly Survey[] =>
  surveys.map((survey) => {
    const unread = passed.flatMap((part) => {
      const inside = part.purpose === survey.purpose ? insideDay(part, survey.day) : null;
      return inside === null ? [] : [[inside.from, inside.until] as const];
    });
    return unread.length === 0
      ? survey
      : { ...survey, ended: laterInstant(survey.ended, at)!, unread: joined([...survey.unread, ...unread]) };
  });

/** In order, neighbours as one; beyond the most that an entry names, the last one covers the rest. */
export function joined(parts: Survey["unread"]): Survey["unread"] {
  const all: [Instant, Instant][] = [];
  for (const [from, until] of [...parts].sort(([a], [b]) => instantToMs(a) - instantToMs(b))) {
    const last = all.at(-1);
    if (last !== undefined && (!isBefore(last[1], from) || all.length >= MAX_UNREAD))
      last[1] = laterInstant(last[1], until)!;
    else all.push([from, until]);
  }
  return all;
}
