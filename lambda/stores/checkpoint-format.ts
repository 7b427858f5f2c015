import { ArchiverError } from "../errors.ts";
import { compareInstants, type Instant, parseInstant, shiftInstant } from "../event/instant.ts";
import { isCount, isDay, isLogDay } from "../event/parse.ts";
import { isSha256 } from "../event/strict-json.ts";
import type {
  Checkpoint,
  CheckpointState,
  LogEnd,
  LostSpan,
  SavedOffset,
  Schedule,
  Span,
  SpanPurpose,
  Survey,
  Tail,
} from "../ports.ts";

/**
 * Raised when an older archiver could misread what a newer one saved. Taken over: 1, with windows and rescans; 2, without
 * surveys.
 */
const FORMAT = 3;

/** A state as a JSON value, the same in every store. */
export function stateToJson(state: CheckpointState): Readonly<Record<string, unknown>> {
  const { tail, watermark, spans, scheduled, surveys, lost, hints, notBefore, blankRuns } = state;
  return { format: FORMAT, tail, watermark, spans, scheduled, surveys, lost, hints, notBefore, blankRuns };
}

/** Reads what `stateToJson` gave. Anything else is a reason to halt: guessing could skip events. */
export function parseState(value: unknown): CheckpointState {
  const format = record(value, "the state")["format"];
  if (typeof format === "number" && Number.isInteger(format) && format > FORMAT) throw tooNew(format);
  if (format === 1) return takeOverWindows(value);
  if (format === 2) return takeOverSpans(value);
  if (format !== FORMAT) throw damaged("its `format` is missing or invalid");
  const fields = exactly(value, "the state", ["format", "surveys", ...SPAN_FIELDS, ...COMMON_FIELDS]);
  return { ...parseSpans(fields), surveys: list(fields.surveys, "`surveys`").map(parseSurvey), ...parseCommon(fields) };
}

/**
 * A state of format 2, in which nothing was noted of what was found in a day: so every day that the source still keeps is
 * read once more, as settled or as aged, and surveyed.
 */
function takeOverSpans(value: unknown): CheckpointState {
  const fields = exactly(value, "the state", ["format", ...SPAN_FIELDS, ...COMMON_FIELDS]);
  const { scheduled, ...listed } = parseSpans(fields);
  const { recentUntil } = scheduled;
  const none = { settledThrough: null, agedThrough: null };
  return { ...listed, scheduled: { recentUntil, ...none }, surveys: [], ...parseCommon(fields) };
}

const parseSpans = (fields: Record<(typeof SPAN_FIELDS)[number], unknown>) => ({
  tail: parseTail(fields.tail),
  spans: list(fields.spans, "`spans`").map(parseSpan),
  scheduled: parseSchedule(fields.scheduled),
  lost: list(fields.lost, "`lost`").map(parseLost),
});

/**
 * A state of format 1, which could count a window as done that the source had shown nothing of: so nothing is taken as
 * looked at, and every day that the source still keeps is read once more.
 */
function takeOverWindows(value: unknown): CheckpointState {
  const fields = exactly(value, "the state", ["format", "offset", "rescans", ...COMMON_FIELDS]);
  const common = parseCommon(fields);
  parseSchedule(fields.rescans);
  const { watermark } = common;
  return {
    tail: {
      from: watermark === null ? null : shiftInstant(watermark, -FORMAT_1_OVERLAP_MS),
      offset: orNull(fields.offset, (offset) =>
        parseOffset({ ...record(offset, "`offset`"), endAt: null, newest: watermark }),
      ),
      failedRuns: 0,
    },
    spans: [],
    scheduled: { recentUntil: null, settledThrough: null, agedThrough: null },
    surveys: [],
    lost: [],
    ...common,
  };
}

const FORMAT_1_OVERLAP_MS = 3_600_000;

const parseCommon = (fields: Record<(typeof COMMON_FIELDS)[number], unknown>) => ({
  watermark: orNull(fields.watermark, (at) => instant(at, "`watermark`")),
  hints: parseHints(fields.hints),
  notBefore: orNull(fields.notBefore, (at) => instant(at, "`notBefore`")),
  blankRuns: count(fields.blankRuns, "`blankRuns`", 0),
});

/** The same for a state kept as JSON text, with its version. */
export function parseCheckpoint(version: unknown, json: unknown): Checkpoint {
  return { version: text(version, "the version"), state: parseState(parseJson(text(json, "the state"))) };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw damaged("it is not JSON");
  }
}

/** Whether going from one watermark to the other would move it back. */
export function watermarkFalls(from: Instant | null, to: Instant | null): boolean {
  if (from === null) return false;
  return to === null || compareInstants(to, from) < 0;
}

const SPAN_FIELDS = ["tail", "spans", "scheduled", "lost"] as const;
const COMMON_FIELDS = ["watermark", "hints", "notBefore", "blankRuns"] as const;

function parseTail(value: unknown): Tail {
  const fields = exactly(value, "`tail`", ["from", "offset", "failedRuns"]);
  return {
    from: orNull(fields.from, (at) => instant(at, "`tail.from`")),
    offset: orNull(fields.offset, parseOffset),
    failedRuns: count(fields.failedRuns, "`tail.failedRuns`", 0),
  };
}

function parseSpan(value: unknown): Span {
  const fields = exactly(value, "a span", [
    ...["purpose", "from", "until", "dueAt"],
    ...["doubtedAt", "failedRuns", "offset"],
  ]);
  return {
    purpose: purpose(fields["purpose"]),
    from: orNull(fields["from"], (at) => instant(at, "a span's `from`")),
    until: instant(fields["until"], "a span's `until`"),
    dueAt: instant(fields["dueAt"], "a span's `dueAt`"),
    doubtedAt: orNull(fields["doubtedAt"], (at) => instant(at, "a span's `doubtedAt`")),
    failedRuns: count(fields["failedRuns"], "a span's `failedRuns`", 0),
    offset: orNull(fields["offset"], parseOffset),
  };
}

function parseSurvey(value: unknown): Survey {
  const fields = exactly(value, "a survey", [...SURVEY_FIELDS, ...SURVEY_COUNTS]);
  const why = SURVEY_PURPOSES.find((name) => name === fields.purpose);
  if (why === undefined) throw damaged("a survey has an unknown `purpose`");
  const counts = SURVEY_COUNTS.map((name) => [name, count(fields[name], `a survey's \`${name}\``, 0)]);
  return {
    day: logDay(fields.day, "a survey's `day`"),
    purpose: why,
    began: instant(fields.began, "a survey's `began`"),
    ended: instant(fields.ended, "a survey's `ended`"),
    ...(Object.fromEntries(counts) as Record<(typeof SURVEY_COUNTS)[number], number>),
    // An id may be empty.
    goneIds: list(fields.goneIds, "`goneIds`").map((id) => (id === "" ? "" : text(id, "an id"))),
    unread: list(fields.unread, "`unread`").map(parseUnread),
  };
}

const SURVEY_FIELDS = ["day", "purpose", "began", "ended", "goneIds", "unread"] as const;
const SURVEY_COUNTS = ["requests", "seen", "added", "gone", "conflicts", "odd"] as const;
const SURVEY_PURPOSES: readonly Survey["purpose"][] = ["settled", "aged"];

function parseUnread(value: unknown): Survey["unread"][number] {
  const [from, until, ...others] = list(value, "an unread part");
  if (others.length > 0) throw damaged("an unread part is not two instants");
  return [instant(from, "an unread part's beginning"), instant(until, "an unread part's end")];
}

function parseLost(value: unknown): LostSpan {
  const fields = exactly(value, "a lost span", ["purpose", "from", "until", "notedAt"]);
  return {
    purpose: purpose(fields.purpose),
    from: orNull(fields.from, (at) => instant(at, "a lost span's `from`")),
    until: instant(fields.until, "a lost span's `until`"),
    notedAt: instant(fields.notedAt, "a lost span's `notedAt`"),
  };
}

const PURPOSES: readonly SpanPurpose[] = ["new", "recent", "settled", "aged"];

function purpose(value: unknown): SpanPurpose {
  const known = PURPOSES.find((name) => name === value);
  if (known === undefined) throw damaged("a span has an unknown `purpose`");
  return known;
}

function parseOffset(value: unknown): SavedOffset {
  const fields = exactly(value, "`offset`", ["token", "startAt", "endAt", "obtainedAt", "newest"]);
  return {
    token: text(fields.token, "`offset.token`"),
    startAt: orNull(fields.startAt, (at) => instant(at, "`offset.startAt`")),
    endAt: orNull(fields.endAt, (at) => instant(at, "`offset.endAt`")),
    obtainedAt: orNull(fields.obtainedAt, (at) => instant(at, "`offset.obtainedAt`")),
    newest: orNull(fields.newest, (at) => instant(at, "`offset.newest`")),
  };
}

function parseHints(value: unknown): Record<string, LogEnd> {
  const entries = Object.entries(record(value, "`hints`"));
  return Object.fromEntries(entries.map(([name, hint]) => [logDay(name, "a hint's day"), parseHint(hint)]));
}

/** What a later version knows besides is left out: a hint is compared with the archive, so less of one is safe. */
function parseHint(value: unknown): LogEnd {
  const { number, manifestHash, logCount, logNewest, idsAtNewest, recentIds, sizeBytes } = record(value, "a hint");
  const hash = text(manifestHash, "`manifestHash`");
  if (!isSha256(hash)) throw damaged("`manifestHash` is not a SHA-256 hash");
  return {
    number: count(number, "`number`", 1),
    manifestHash: hash,
    logCount: count(logCount, "`logCount`", 0),
    logNewest: orNull(logNewest, (at) => instant(at, "`logNewest`")),
    idsAtNewest: orNull(idsAtNewest, parseIds),
    recentIds: orNull(recentIds ?? null, (ids) => text(ids, "`recentIds`")),
    sizeBytes: orNull(sizeBytes ?? null, (size) => count(size, "`sizeBytes`", 0)),
  };
}

const parseIds = (value: unknown): string[] => list(value, "`idsAtNewest`").map((id) => text(id, "an id"));

function parseSchedule(value: unknown): Schedule {
  const fields = exactly(value, "`scheduled`", ["recentUntil", "settledThrough", "agedThrough"]);
  return {
    recentUntil: orNull(fields.recentUntil, (at) => instant(at, "`recentUntil`")),
    settledThrough: orNull(fields.settledThrough, (name) => day(name, "`settledThrough`")),
    agedThrough: orNull(fields.agedThrough, (name) => day(name, "`agedThrough`")),
  };
}

function orNull<T>(value: unknown, parse: (value: unknown) => T): T | null {
  return value === null ? null : parse(value);
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged(`${name} is not an object`);
  return value as Record<string, unknown>;
}

/** A field left out reads as undefined, and then fails as text, count or null. */
function exactly<Name extends string>(value: unknown, name: string, names: readonly Name[]): Record<Name, unknown> {
  const fields = record(value, name);
  const known: readonly string[] = names;
  if (!Object.keys(fields).every((field) => known.includes(field))) throw damaged(`${name} has an unknown field`);
  return fields as Record<Name, unknown>;
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw damaged(`${name} is not a list`);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw damaged(`${name} is not text`);
  return value;
}

function instant(value: unknown, name: string): Instant {
  const parsed = parseInstant(text(value, name));
  if (parsed === null || parsed !== value) throw damaged(`${name} is not an instant`);
  return parsed;
}

function logDay(value: unknown, name: string): string {
  if (!isLogDay(value)) throw damaged(`${name} is not a log day`);
  return value;
}

/** Any day that exists: a source with a wrong clock may have named one before the log began. */
function day(value: unknown, name: string): string {
  if (!isDay(value)) throw damaged(`${name} is not a day`);
  return value;
}

function count(value: unknown, name: string, least: number): number {
  if (!isCount(value, least)) throw damaged(`${name} is not a count`);
  return value;
}

const ADVICE_DELETE =
  "Look at it, then delete it: the next run finds its place from the archive and the source, and loses nothing.";

const damaged = (what: string): ArchiverError =>
  new ArchiverError("halted", `The checkpoint is damaged: ${what}.`, { advice: ADVICE_DELETE });

const tooNew = (format: number): ArchiverError =>
  new ArchiverError("halted", `The checkpoint has format ${format}; this version reads format ${FORMAT}.`, {
    advice: "A newer version runs on this archive; update this one, or stop it.",
  });
