import { describe, expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { parseCheckpoint, parseState, stateToJson, watermarkFalls } from "../../lambda/stores/checkpoint-format.ts";
import { fullState } from "./checkpoint-contract.ts";
import { emptyState } from "./empty-state.ts";

const good = { format: 1, ...fullState };
const hint = fullState.hints["2026-05-01"]!;
const withHint = (change: object) => ({ ...good, hints: { "2026-05-01": { ...hint, ...change } } });
const withOffset = (change: object) => ({ ...good, offset: { ...fullState.offset, ...change } });
const withRescans = (change: object) => ({ ...good, rescans: { ...fullState.rescans, ...change } });

describe("a state", () => {
  it.each([
    ["full", fullState],
    ["empty", emptyState],
  ])("that is %s goes through JSON as it is", (_, state) => {
    expect(parseState(JSON.parse(JSON.stringify(stateToJson(state))))).toStrictEqual(state);
  });

  it("is read with its version where it is kept as text", () => {
    expect(parseCheckpoint("v1", JSON.stringify(good))).toStrictEqual({ version: "v1", state: fullState });
  });

  it("of an earlier version may have hints without a size, of a later one with more than is known", () => {
    const { sizeBytes, ...earlier } = hint;
    const hints = { "2026-05-01": earlier, "2026-05-02": { ...hint, more: 1 } };
    expect(parseState({ ...good, hints }).hints).toStrictEqual({
      "2026-05-01": { ...earlier, sizeBytes: null },
      "2026-05-02": hint,
    });
  });
});

it.each<[problem: string, value: unknown]>([
  ["the state is no object", null],
  ["the state is no object", "state"],
  ["the state is no object", [good]],
  ["it names no known format", fullState],
  ["it names no known format", { ...good, format: 0 }],
  ["it names no known format", { ...good, format: 1.5 }],
  ["it names no known format", { ...good, format: "2" }],
  ["it names no known format", { ...good, format: { valueOf: () => 2 } }],
  ["the state has an unknown field", { ...good, more: 1 }],
  ["watermark is no text", { ...good, watermark: 1_777_777_777 }],
  ["watermark is no text", { ...good, watermark: undefined }],
  ["watermark is no instant", { ...good, watermark: "yesterday" }],
  ["watermark is no instant", { ...good, watermark: "2026-05-01T00:00:00Z" }], // not in the one form
  ["notBefore is no instant", { ...good, notBefore: "soon" }],
  ["blankRuns is no count", { ...good, blankRuns: undefined }],
  ["blankRuns is no count", { ...good, blankRuns: -1 }],
  ["blankRuns is no count", { ...good, blankRuns: 0.5 }],
  ["blankRuns is no count", { ...good, blankRuns: "1" }],
  ["blankRuns is no count", { ...good, blankRuns: 2 ** 53 }],
  ["offset is no object", { ...good, offset: "eyJ0" }],
  ["offset has an unknown field", withOffset({ more: 1 })],
  ["offset.token is no text", withOffset({ token: "" })],
  ["offset.startAt is no instant", withOffset({ startAt: "soon" })],
  ["offset.obtainedAt is no instant", withOffset({ obtainedAt: "soon" })],
  ["hints is no object", { ...good, hints: null }],
  ["hints is no object", { ...good, hints: [] }],
  ["a hint's day is no day of a log", { ...good, hints: { someday: hint } }],
  ["a hint's day is no day of a log", { ...good, hints: { "2026-05-01T": hint } }],
  ["a hint's day is no day of a log", { ...good, hints: { "12026-05-01": hint } }],
  ["a hint's day is no day of a log", { ...good, hints: { "2026-02-31": hint } }],
  ["a hint's day is no day of a log", { ...good, hints: { "2021-10-06": hint } }],
  ["a hint is no object", { ...good, hints: { "2026-05-01": 7 } }],
  ["number is no count", withHint({ number: 0 })],
  ["manifestHash is no text", withHint({ manifestHash: 7 })],
  ["manifestHash is no SHA-256", withHint({ manifestHash: "A".repeat(64) })],
  ["manifestHash is no SHA-256", withHint({ manifestHash: "a".repeat(63) })],
  ["manifestHash is no SHA-256", withHint({ manifestHash: "a".repeat(65) })],
  ["logCount is no count", withHint({ logCount: -1 })],
  ["logNewest is no instant", withHint({ logNewest: "soon" })],
  ["idsAtNewest is no list", withHint({ idsAtNewest: "1201" })],
  ["idsAtNewest is no list", withHint({ idsAtNewest: { map: 1 } })],
  ["an id is no text", withHint({ idsAtNewest: ["1201", 7] })],
  ["sizeBytes is no count", withHint({ sizeBytes: "83411" })],
  ["rescans is no object", { ...good, rescans: null }],
  ["rescans has an unknown field", withRescans({ more: 1 })],
  ["recentUntil is no instant", withRescans({ recentUntil: "soon" })],
  ["settledThrough is no day", withRescans({ settledThrough: "2026-5-1" })],
  ["settledThrough is no day", withRescans({ settledThrough: "2025-99-99" })],
  ["settledThrough is no day", withRescans({ settledThrough: "2026-02-31" })],
  ["agedThrough is no day", withRescans({ agedThrough: "yesterday" })],
  ["agedThrough is no day", withRescans({ agedThrough: "2026-02-31" })],
])("a checkpoint is damaged, and halts, when %s (%#)", (problem, value) => {
  const message = `The checkpoint is damaged: ${problem}.`;
  const advice = expect.stringMatching(/delete it.*loses nothing/);
  expect(() => parseState(value)).toThrow(expect.objectContaining({ kind: "halted", message, advice }));
});

it.each<[problem: string, version: unknown, json: unknown]>([
  ["the version is no text", "", JSON.stringify(good)],
  ["the version is no text", undefined, JSON.stringify(good)],
  ["the state is no text", "v1", good],
  ["it is not JSON", "v1", JSON.stringify(good).slice(0, -1)],
])("a checkpoint kept as text is damaged when %s (%#)", (problem, version, json) => {
  const message = `The checkpoint is damaged: ${problem}.`;
  expect(() => parseCheckpoint(version, json)).toThrow(expect.objectContaining({ kind: "halted", message }));
});

it("a newer format halts, with the advice to update and not to delete", () => {
  const error = {
    kind: "halted",
    message: "The checkpoint is of format 2, and this version knows 1.",
    advice: expect.stringMatching(/update this one/),
  };
  expect(() => parseState({ format: 2, more: true })).toThrow(expect.objectContaining(error));
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
