import { describe, expect, it } from "vitest";
import { firstLineBreak, toOneLine } from "../../lambda/event/one-line.ts";

describe("the first line break", () => {
  it.each([
    ["", Number.POSITIVE_INFINITY],
    ["abc\t\u2028", Number.POSITIVE_INFINITY],
    ["ab\n", 2],
    ["ab\r", 2],
    ["\nab\r", 0],
    ["\rab\n", 0],
    ["a\nb\rc", 1],
    ["a\rb\nc", 1],
  ])("of %j is at %d", (text, at) => {
    expect(firstLineBreak(Buffer.from(text))).toBe(at);
  });
});

describe("an event over several lines", () => {
  it("is on one line, without the indentation around its breaks and with its other spaces", () => {
    const text = '{\r\n  "a b" :  [1,\n\t2 ,  3],\n "c": "d  e" \n}';
    expect(toOneLine(Buffer.from(text)).toString()).toBe('{"a b" :  [1,2 ,  3],"c": "d  e"}');
  });

  it("keeps its escaped breaks, quotes and all characters beyond ASCII", () => {
    const text = '{\n"a\\"\\n ":"\\\\", "é🎉":\n"ü"}';
    expect(toOneLine(Buffer.from(text)).toString()).toBe(text.replaceAll("\n", ""));
  });

  it("is the very same bytes if it is on one line already", () => {
    const text = Buffer.from('{ "a" : 1 }');
    expect(toOneLine(text)).toBe(text);
  });
});
