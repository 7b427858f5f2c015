import { describe, expect, it } from "vitest";
import { plainText } from "../../lambda/event/plain-text.ts";

describe("text from outside", () => {
  it("keeps its words and loses what could forge a log line or steer a terminal", () => {
    expect(plainText(" a\u2028b\u0000c\u200fd\ud800 ")).toBe("a b c d\ufffd");
    expect(plainText("one\r\n\u001b[31mtwo\u2029three")).toBe("one [31mtwo three");
  });

  it("is cut when it is longer than 200 characters", () => {
    expect(plainText("x".repeat(200))).toBe("x".repeat(200));
    expect(plainText("x".repeat(201))).toBe(`${"x".repeat(199)}…`);
  });

  it("loses secrets wherever they stand, as they are and encoded for a URL", () => {
    const secrets = ["0/tok+en", "off set"];
    expect(plainText("0/tok+en,0%2Ftok%2Ben 0/tok+en: off%20set", secrets)).toBe(
      "[hidden],[hidden] [hidden]: [hidden]",
    );
  });

  it("is not taken apart by a secret that is empty, nor where there is none", () => {
    expect(plainText("ab", [""])).toBe("ab");
    expect(plainText("a b")).toBe("a b");
  });

  it("that is nothing but a secret repeated to the limit shows no part of it", () => {
    expect(plainText("0/token".repeat(500), ["0/token"])).toBe(`${"[hidden]".repeat(25).slice(0, 199)}…`);
  });
});
