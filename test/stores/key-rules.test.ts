import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkKey, checkPrefix, checkRange, compareKeys } from "../../lambda/stores/key-rules.ts";
import { tries } from "../tries.ts";

describe("a key", () => {
  it("may have parts of 255 bytes and 1,024 bytes in all, and not one more", () => {
    const part = "é".repeat(127); // 254 bytes
    expect(() => checkKey(`events/${part}x`)).not.toThrow();
    expect(() => checkKey(`events/${part}xy`)).toThrow();
    const most = [part, part, part, part].join("/"); // 1,019 bytes
    expect(() => checkKey(`${most}/abcd`)).not.toThrow();
    expect(() => checkKey(`${most}/abcde`)).toThrow();
  });

  it("that is none is told as text that cannot steer a terminal, with a word on what to do", () => {
    expect(() => checkKey("events/\u001b[31m")).toThrow(
      expect.objectContaining({
        kind: "misconfigured",
        message: '"events/\\u001b[31m" cannot be a key of an archive.',
        advice: expect.stringMatching(/^Use names without dots/),
      }),
    );
  });
});

it.each(["", "e", "events", "events/", "events/workspace=12"])("%j is a prefix", (prefix) => {
  expect(() => checkPrefix(prefix)).not.toThrow();
});

it("a range that is none is told with its ends", () => {
  expect(() => checkRange({ start: 3, end: 3 })).not.toThrow();
  expect(() => checkRange({ start: 5, end: 4 })).toThrow(new RangeError("Bytes 5 to 4 are not a range."));
});

it("keys compare as their bytes in UTF-8 do", () => {
  const character = fc.constantFrom("/", "a", "b", "é", "\ud7ff", "\ue000", "\uffee", "\u{1f600}", "\u{10ffff}");
  const key = fc.array(character, { maxLength: 4 }).map((characters) => characters.join(""));
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { ...tries(500), examples: [["\uffee", "\u{1f600}"]] },
  );
});
