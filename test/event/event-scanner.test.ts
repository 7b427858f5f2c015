/** Where an event ends, and which of its members are its gid and its time. */
import { describe, expect, it } from "vitest";
import { findEvent } from "../../lambda/event/event-scanner.ts";
import { MAX_DEPTH, MalformedError } from "../../lambda/event/json-scanner.ts";

const find = (text: string, start = 0, depth = 0) => findEvent(Buffer.from(text), start, depth);

it("an event ends behind its closing brace, whatever follows", () => {
  expect(find('[{"gid":"1","created_at":"then"},5]', 1)).toEqual({ end: 32, gid: "1", createdAt: "then" });
  expect(find("{},", 0)).toEqual({ end: 2, gid: null, createdAt: null });
  expect(find('{ "gid" : "1" , "a" : [ { } ] } ')).toEqual({ end: 31, gid: "1", createdAt: null });
});

describe("a member is the gid or the time", () => {
  it.each([
    ["under its name", '{"gid":"1","created_at":"t"}', "1", "t"],
    ["under its name with escapes", '{"g\\u0069d":"1","created\\u005Fat":"t"}', "1", "t"],
    ["in the last of equal keys, however they are spelled", '{"gid":"0","\\u0067id":"1","created_at":"t"}', "1", "t"],
    ["if it is a string", '{"gid":1,"created_at":null}', null, null],
    ["with its escapes decoded", '{"gid":"\\u0031","created_at":"\\"t\\n"}', "1", '"t\n'],
  ])("%s", (_, text, gid, createdAt) => {
    expect(find(text)).toEqual({ end: text.length, gid, createdAt });
  });

  it.each(["gi", "gidx", "xgid", "gix", "gxd", "xid", "Gid", "gid ", "", "created_a", "created_atx", "created-at"])(
    "and not under the name %j, with escapes or without",
    (name) => {
      for (const key of [name, `${name}\\u0041`, name.replace(/^./, "\\u0047")]) {
        const text = `{"gid":"1","created_at":"t","${key}":"other"}`;
        expect(find(text)).toEqual({ end: text.length, gid: "1", createdAt: "t" });
      }
    },
  );
});

it.each([
  ["[}", "not JSON at byte 0"],
  ['x"gid":"1"}', "not JSON at byte 0"],
  ['{xgid":"1"}', "not JSON at byte 1"],
  ['{"gid":"1",xgid":"1"}', "not JSON at byte 11"],
  ['{"gid":"1" "a":1}', "not JSON at byte 11"],
  ['{"gid" "1"}', "not JSON at byte 7"],
  ['{"g\\x":"1"}', "not JSON at byte 4"],
])("%s is no event: %s", (text, message) => {
  expect(() => find(text)).toThrow(new MalformedError(message));
});

it("an event counts as one of the brackets that may be open", () => {
  expect(find("{}", 0, MAX_DEPTH - 1).end).toBe(2);
  expect(() => find("{}", 0, MAX_DEPTH)).toThrow("more than 1000 brackets are open at byte 0");
  expect(find('{"a":[]}', 0, MAX_DEPTH - 2).end).toBe(8);
  expect(() => find('{"a":[]}', 0, MAX_DEPTH - 1)).toThrow("more than 1000 brackets are open at byte 5");
});
