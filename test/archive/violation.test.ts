import { expect, it } from "vitest";
import { violation } from "../../lambda/archive/violation.ts";

it("a violation names what it breaks, where, and the line if it is one line's", () => {
  const key = "events/1";
  expect(violation("I2", key, "twice", 7)).toStrictEqual({ invariant: "I2", key, message: "twice", line: 7 });
  expect(violation("I3", key, "a gap")).toStrictEqual({ invariant: "I3", key, message: "a gap" });
});

it("a violation is short and cannot steer a terminal, whatever is in the archive", () => {
  const hostile = `\u001b]0;owned\u0007${"x".repeat(1000)}`;
  const { key, message } = violation("I6", hostile, hostile);
  for (const text of [key, message]) {
    expect(text).toBe(`]0;owned ${"x".repeat(190)}…`);
  }
});
