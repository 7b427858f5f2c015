import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { parseCheckpoint, parseState, stateToJson, watermarkFalls } from "../../lambda/stores/checkpoint-format.ts";
import { fullState } from "../../package/testing/checkpoint-contract.ts";

const good = { format: 3, ...fullState };
const hint = fullState.hints["2026-05-01"]!;
const [, span] = fullState.spans;
const withHint = (change: object) => ({ ...good, hints: { "2026-05-01": { ...hint, ...change } } });
const withTail = (change: object) => ({ ...good, tail: { ...fullState.tail, ...change } });
const withOffset = (change: object) => withTail({ offset: { ...fullState.tail.offset, ...change } });
const withSpan = (change: object) => ({ ...good, spans: [fullState.spans[0], { ...span, ...change }] });
const withLost = (change: object) => ({ ...good, lost: [{ ...fullState.lost[1], ...change }] });
const withSurvey = (change: object) => ({ ...good, surveys: [{ ...fullState.surveys[0], ...change }] });
const withScheduled = (change: object) => ({ ...good, scheduled: { ...fullState.scheduled, ...change } });

describe("a state", () => {
  it.each([
    ["full", fullState],
    ["empty", emptyCheckpoint],
  ])("that is %s goes through JSON as it is", (_, state) => {
    expect(parseState(JSON.parse(JSON.stringify(stateToJson(state))))).toStrictEqual(state);
  });

  it.each(["new", "recent", "settled", "aged"] as const)("may have spans that are %s", (purpose) => {
    expect(parseState(withSpan({ purpose })).spans[1]).toStrictEqual({ ...span, purpose });
  });

  it("is read with its version where it is kept as text", () => {
    expect(parseCheckpoint("v1", JSON.stringify(good))).toStrictEqual({ version: "v1", state: fullState });
  });

  it("of an earlier version may have hints without a size or the ids archived last, of a later one with more than is known", () => {
    const { sizeBytes, recentIds, ...earlier } = hint;
    const hints = { "2026-05-01": earlier, "2026-05-02": { ...hint, more: 1 } };
    expect(parseState({ ...good, hints }).hints).toStrictEqual({
      "2026-05-01": { ...earlier, sizeBytes: null, recentIds: null },
      "2026-05-02": hint,
    });
  });
});

it.each<[problem: string, value: unknown]>([
  ["the state is not an object", null],
  ["the state is not an object", "state"],
  ["the state is not an object", [good]],
  ["its `format` is missing or invalid", fullState],
  ["its `format` is missing or invalid", { ...good, format: 0 }],
  ["its `format` is missing or invalid", { ...good, format: 1.5 }],
  ["its `format` is missing or invalid", { ...good, format: "3" }],
  ["its `format` is missing or invalid", { ...good, format: { valueOf: () => 3 } }],
  ["`tail` is not an object", { ...good, tail: undefined }],
  ["`tail` has an unknown field", withTail({ more: 1 })],
  ["`tail.from` is not an instant", withTail({ from: "soon" })],
  ["`tail.failedRuns` is not a count", withTail({ failedRuns: -1 })],
  ["`spans` is not a list", { ...good, spans: {} }],
  ["a span is not an object", { ...good, spans: [null] }],
  ["a span has an unknown field", withSpan({ more: 1 })],
  ["a span has an unknown `purpose`", withSpan({ purpose: "old" })],
  ["a span has an unknown `purpose`", withSpan({ purpose: "asked" })], // kept in memory only
  ["a span's `from` is not text", withSpan({ from: undefined })],
  ["a span's `from` is not an instant", withSpan({ from: "soon" })],
  ["a span's `until` is not text", withSpan({ until: null })],
  ["a span's `until` is not an instant", withSpan({ until: "soon" })],
  ["a span's `dueAt` is not text", withSpan({ dueAt: null })],
  ["a span's `dueAt` is not an instant", withSpan({ dueAt: "soon" })],
  ["a span's `doubtedAt` is not an instant", withSpan({ doubtedAt: "soon" })],
  ["a span's `failedRuns` is not a count", withSpan({ failedRuns: null })],
  ["`offset` has an unknown field", withSpan({ offset: { ...span?.offset, more: 1 } })],
  ["`surveys` is not a list", { ...good, surveys: undefined }],
  ["a survey is not an object", { ...good, surveys: ["2026-05-01"] }],
  ["a survey has an unknown field", withSurvey({ more: 1 })],
  ["a survey's `day` is not a log day", withSurvey({ day: "2026-02-31" })],
  ["a survey has an unknown `purpose`", withSurvey({ purpose: "recent" })],
  ["a survey has an unknown `purpose`", withSurvey({ purpose: "asked" })], // kept in memory only
  ["a survey's `began` is not an instant", withSurvey({ began: "soon" })],
  ["a survey's `ended` is not text", withSurvey({ ended: undefined })],
  ["a survey's `requests` is not a count", withSurvey({ requests: undefined })],
  ["a survey's `seen` is not a count", withSurvey({ seen: "412" })],
  ["a survey's `added` is not a count", withSurvey({ added: -1 })],
  ["a survey's `gone` is not a count", withSurvey({ gone: 0.5 })],
  ["a survey's `conflicts` is not a count", withSurvey({ conflicts: null })],
  ["a survey's `odd` is not a count", withSurvey({ odd: [] })],
  ["`goneIds` is not a list", withSurvey({ goneIds: "1201" })],
  ["an id is not text", withSurvey({ goneIds: [1201] })],
  ["`unread` is not a list", withSurvey({ unread: null })],
  ["an unread part is not a list", withSurvey({ unread: ["2026-04-29"] })],
  ["an unread part's beginning is not text", withSurvey({ unread: [[]] })],
  ["an unread part's end is not an instant", withSurvey({ unread: [["2026-04-29T00:00:00.000Z", "soon"]] })],
  [
    "an unread part is not two instants",
    withSurvey({ unread: [[...fullState.surveys[0]!.unread[0]!, "2026-04-30T00:00:00.000Z"]] }),
  ],
  ["`lost` is not a list", { ...good, lost: null }],
  ["a lost span is not an object", { ...good, lost: ["2026-05-01"] }],
  ["a lost span has an unknown field", withLost({ more: 1 })],
  ["a span has an unknown `purpose`", withLost({ purpose: undefined })],
  ["a lost span's `from` is not an instant", withLost({ from: "soon" })],
  ["a lost span's `until` is not text", withLost({ until: null })],
  ["a lost span's `until` is not an instant", withLost({ until: "soon" })],
  ["a lost span's `notedAt` is not an instant", withLost({ notedAt: "soon" })],
  ["`scheduled` is not an object", { ...good, scheduled: null }],
  ["`scheduled` has an unknown field", withScheduled({ more: 1 })],
  ["`recentUntil` is not an instant", withScheduled({ recentUntil: "soon" })],
  ["`settledThrough` is not a day", withScheduled({ settledThrough: "2026-5-1" })],
  ["`settledThrough` is not a day", withScheduled({ settledThrough: "2025-99-99" })],
  ["`settledThrough` is not a day", withScheduled({ settledThrough: "2026-02-31" })],
  ["`agedThrough` is not a day", withScheduled({ agedThrough: "yesterday" })],
  ["the state has an unknown field", { ...good, more: 1 }],
  ["`watermark` is not text", { ...good, watermark: 1_777_777_777 }],
  ["`watermark` is not text", { ...good, watermark: undefined }],
  ["`watermark` is not an instant", { ...good, watermark: "yesterday" }],
  ["`watermark` is not an instant", { ...good, watermark: "2026-05-01T00:00:00Z" }], // not in the one form
  ["`notBefore` is not an instant", { ...good, notBefore: "soon" }],
  ["`blankRuns` is not a count", { ...good, blankRuns: undefined }],
  ["`blankRuns` is not a count", { ...good, blankRuns: -1 }],
  ["`blankRuns` is not a count", { ...good, blankRuns: 0.5 }],
  ["`blankRuns` is not a count", { ...good, blankRuns: "1" }],
  ["`blankRuns` is not a count", { ...good, blankRuns: 2 ** 53 }],
  ["`offset` is not an object", withTail({ offset: "eyJ0" })],
  ["`offset` has an unknown field", withOffset({ more: 1 })],
  ["`offset.token` is not text", withOffset({ token: "" })],
  ["`offset.startAt` is not an instant", withOffset({ startAt: "soon" })],
  ["`offset.endAt` is not text", withOffset({ endAt: undefined })],
  ["`offset.endAt` is not an instant", withOffset({ endAt: "soon" })],
  ["`offset.obtainedAt` is not an instant", withOffset({ obtainedAt: "soon" })],
  ["`offset.newest` is not an instant", withOffset({ newest: "soon" })],
  ["`hints` is not an object", { ...good, hints: null }],
  ["`hints` is not an object", { ...good, hints: [] }],
  ["a hint's day is not a log day", { ...good, hints: { someday: hint } }],
  ["a hint's day is not a log day", { ...good, hints: { "2026-05-01T": hint } }],
  ["a hint's day is not a log day", { ...good, hints: { "12026-05-01": hint } }],
  ["a hint's day is not a log day", { ...good, hints: { "2026-02-31": hint } }],
  ["a hint's day is not a log day", { ...good, hints: { "2021-10-06": hint } }],
  ["a hint is not an object", { ...good, hints: { "2026-05-01": 7 } }],
  ["`number` is not a count", withHint({ number: 0 })],
  ["`manifestHash` is not text", withHint({ manifestHash: 7 })],
  ["`manifestHash` is not a SHA-256 hash", withHint({ manifestHash: "A".repeat(64) })],
  ["`manifestHash` is not a SHA-256 hash", withHint({ manifestHash: "a".repeat(63) })],
  ["`manifestHash` is not a SHA-256 hash", withHint({ manifestHash: "a".repeat(65) })],
  ["`logCount` is not a count", withHint({ logCount: -1 })],
  ["`logNewest` is not an instant", withHint({ logNewest: "soon" })],
  ["`idsAtNewest` is not a list", withHint({ idsAtNewest: "1201" })],
  ["`idsAtNewest` is not a list", withHint({ idsAtNewest: { map: 1 } })],
  ["an id is not text", withHint({ idsAtNewest: ["1201", 7] })],
  ["`recentIds` is not text", withHint({ recentIds: [1] })],
  ["`sizeBytes` is not a count", withHint({ sizeBytes: "83411" })],
])("a checkpoint is damaged, and halts, when %s (%#)", (problem, value) => {
  const message = `The checkpoint is damaged: ${problem}.`;
  const advice = expect.stringMatching(/delete it.*loses nothing/);
  expect(() => parseState(value)).toThrow(expect.objectContaining({ kind: "halted", message, advice }));
});

it.each<[problem: string, version: unknown, json: unknown]>([
  ["the version is not text", "", JSON.stringify(good)],
  ["the version is not text", undefined, JSON.stringify(good)],
  ["the state is not text", "v1", good],
  ["it is not JSON", "v1", JSON.stringify(good).slice(0, -1)],
])("a checkpoint kept as text is damaged when %s (%#)", (problem, version, json) => {
  const message = `The checkpoint is damaged: ${problem}.`;
  expect(() => parseCheckpoint(version, json)).toThrow(expect.objectContaining({ kind: "halted", message }));
});

it("a newer format halts, with the advice to update and not to delete", () => {
  const error = {
    kind: "halted",
    message: "The checkpoint has format 4; this version reads format 3.",
    advice: expect.stringMatching(/update this one/),
  };
  expect(() => parseState({ format: 4, more: true })).toThrow(expect.objectContaining(error));
});

describe("a state of format 2", () => {
  const { surveys, ...rest } = fullState;
  const earlier = { format: 2, ...rest };

  it("is taken over as it is, but that every day the source still keeps is read once more: nothing was noted of them", () => {
    const { recentUntil } = fullState.scheduled;
    const scheduled = { recentUntil, settledThrough: null, agedThrough: null };
    expect(parseState(earlier)).toStrictEqual({ ...rest, scheduled, surveys: [] });
  });

  it("is stored as one of format 3", () => {
    const stored = JSON.parse(JSON.stringify(stateToJson(parseState(earlier))));
    expect(stored).toMatchObject({ format: 3, surveys: [] });
    expect(parseState(stored)).toStrictEqual(parseState(earlier));
  });

  it("is damaged where it has surveys, which came with format 3, or lacks what it had", () => {
    const unknown = { kind: "halted", message: "The checkpoint is damaged: the state has an unknown field." };
    expect(() => parseState({ ...earlier, surveys })).toThrow(expect.objectContaining(unknown));
    expect(() => parseState({ ...earlier, spans: undefined })).toThrow("`spans` is not a list");
  });
});

describe("a state of format 1", () => {
  /** Written by the code of commit 788c322, with everything set and with nothing. */
  const { workspaces } = JSON.parse(readFileSync(join(import.meta.dirname, "earlier-checkpoint.json"), "utf8"));
  const [full, empty] = [workspaces["1201"].state, workspaces["1202"].state];

  it("goes on at its offset, or an hour before its watermark, and looks at every day once more", () => {
    const { watermark, notBefore, blankRuns, offset } = full;
    const hints = { "2026-05-01": { ...full.hints["2026-05-01"], recentIds: null } };
    expect(parseState(full)).toStrictEqual({
      tail: {
        from: "2026-05-01T07:59:59.123Z",
        offset: { ...offset, endAt: null, newest: "2026-05-01T08:59:59.123456Z" },
        failedRuns: 0,
      },
      ...{ watermark, hints, notBefore, blankRuns },
      ...{ spans: [], scheduled: emptyCheckpoint.scheduled, surveys: [], lost: [] },
    });
  });

  it("that had seen nothing yet is an empty one", () => {
    expect(parseState(empty)).toStrictEqual({ ...emptyCheckpoint, notBefore: "2026-05-01T09:10:00.000Z" });
  });

  it("is stored as one of format 3", () => {
    const stored = JSON.parse(JSON.stringify(stateToJson(parseState(full))));
    expect(stored).toMatchObject({ format: 3, watermark: full.watermark });
    expect(parseState(stored)).toStrictEqual(parseState(full));
  });

  it.each<[problem: string, change: object]>([
    ["the state has an unknown field", { tail: null }],
    ["`watermark` is not text", { watermark: undefined }],
    ["`offset` is not an object", { offset: "eyJ0" }],
    ["`offset` has an unknown field", { offset: { ...full.offset, more: 1 } }],
    ["`offset.startAt` is not text", { offset: { ...full.offset, startAt: undefined } }],
    ["`scheduled` is not an object", { rescans: null }],
    ["`settledThrough` is not a day", { rescans: { ...full.rescans, settledThrough: "yesterday" } }],
  ])("is damaged when %s (%#)", (problem, change) => {
    const message = `The checkpoint is damaged: ${problem}.`;
    expect(() => parseState({ ...full, ...change })).toThrow(expect.objectContaining({ kind: "halted", message }));
  });
});

it.each([
  [null, null, false],
  [null, "2026-05-01T00:00:00.000Z", false],
  ["2026-05-01T00:00:00.000Z", null, true],
  ["2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z", false],
  ["2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.001Z", false],
  ["2026-05-01T00:00:00.001Z", "2026-05-01T00:00:00.000999Z", true],
])("from %s to %s, whether the watermark falls is %s", (from, to, falls) => {
  expect(watermarkFalls(from as Instant | null, to as Instant | null)).toBe(falls);
});
