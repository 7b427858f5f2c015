import { afterEach, beforeEach, vi } from "vitest";
import { catchOutput } from "./output.ts";

export type LogLine = Record<string, unknown>;

/** Catches the JSON lines that each test of a `describe` block prints: log lines, and metrics among them. */
export function catchLogLines() {
  const lines: LogLine[] = [];
  beforeEach(() => {
    lines.length = 0;
    catchOutput((chunk) => {
      for (const text of chunk.split("\n")) if (text.startsWith("{")) lines.push(JSON.parse(text));
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return {
    lines,
    logged: (message: string) => lines.filter((line) => line["message"] === message),
    metrics: () => lines.filter((line) => "_aws" in line),
  };
}
