import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createProgress } from "../../cli/progress-bar.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const stream = new PassThrough();
  const progress = createProgress(stream as unknown as NodeJS.WriteStream);
  return { progress, written: (): string => String(stream.read() ?? "") };
}

const ERASED = "\u001b[1G\u001b[2K";

it("after a second of silence it says what is being done, and for how long", () => {
  const { progress, written } = open();
  progress.wait("Reading the archive");
  vi.advanceTimersByTime(999);
  expect(written()).toBe("");
  vi.advanceTimersByTime(1);
  expect(written()).toBe("Reading the archive (1 s)");
  vi.advanceTimersByTime(1_000);
  expect(written()).toBe(`${ERASED}Reading the archive (2 s)`);
});

it("before an answer is printed it is erased, and does not come back", () => {
  const { progress, written } = open();
  progress.wait("Reading the archive");
  vi.advanceTimersByTime(1_000);
  written();
  progress.clear();
  expect(written()).toBe(ERASED);
  vi.advanceTimersByTime(10_000);
  expect(written()).toBe("");
});

it("a fast answer shows nothing of it", () => {
  const { progress, written } = open();
  progress.wait("Reading the archive");
  vi.advanceTimersByTime(500);
  progress.clear();
  vi.advanceTimersByTime(10_000);
  expect(written()).toBe("");
});
