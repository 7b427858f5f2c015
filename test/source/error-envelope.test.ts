import { describe, expect, it } from "vitest";
import { readErrors } from "../../lambda/source/error-envelope.ts";

const read = (text: string) => readErrors(Buffer.from(text));

describe("an error answer", () => {
  it("is read as its errors, with what is text of each", () => {
    const errors = [{ message: "Gone", phrase: "6 sad squid", help: "x" }, { message: 1, phrase: [] }, {}];
    expect(read(JSON.stringify({ errors }))).toStrictEqual([{ message: "Gone", phrase: "6 sad squid" }, {}, {}]);
  });

  it("may hold things that are no errors", () => {
    expect(read('{"errors":[null,5,"Gone",{"message":"Gone"}]}')).toStrictEqual([{ message: "Gone" }]);
  });

  it.each(["", "<html>", "null", "5", '"errors"', "[]", "{}", '{"errors":null}', '{"errors":{}}', '{"errors":"Gone"}'])(
    "has none when it is %j",
    (text) => {
      expect(read(text)).toStrictEqual([]);
    },
  );

  it("has none when it is longer than 64 KiB", () => {
    const text = '{"errors":[{"message":"Gone"}]}';
    expect(read(text.padEnd(65_536))).toStrictEqual([{ message: "Gone" }]);
    expect(read(text.padEnd(65_537))).toStrictEqual([]);
  });
});
