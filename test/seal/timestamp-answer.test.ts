import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isGranted, readTimestampAnswer } from "../../lambda/seal/timestamp-answer.ts";
import { SHA512, timestampInfo, timestampResponse, unsignedToken } from "../fakes/timestamp-answer.ts";

const digest = hash("sha256", "seal", "buffer");
const nonce = Buffer.from("4102030405060708", "hex");
const answerOf = (fields: Partial<Parameters<typeof timestampInfo>[0]> = {}) =>
  timestampResponse(0, unsignedToken(timestampInfo({ digest, time: "20261121061004Z", ...fields })));

describe("the answer of an authority", () => {
  it("is read as status, digest, time and nonce", () => {
    expect(readTimestampAnswer(answerOf({ nonce }))).toEqual({
      status: 0,
      token: { sha256: digest, genTime: "2026-11-21T06:10:04.000Z", nonce },
    });
  });

  it("keeps each digit of its time, needs no nonce, and tells another hash from a SHA-256", () => {
    const answer = readTimestampAnswer(answerOf({ time: "20261121061004.123456Z", hash: SHA512 }));
    expect(answer?.token).toEqual({ sha256: null, genTime: "2026-11-21T06:10:04.123456Z", nonce: null });
  });

  it.each([
    [0, true],
    [1, true],
    [2, false],
    [5, false],
  ])("with status %i is granted: %s", (status, granted) => {
    const answer = readTimestampAnswer(timestampResponse(status));
    expect(answer).toEqual({ status, token: null });
    expect(isGranted(answer!)).toBe(granted);
  });

  it("is none if it is cut anywhere, or if a byte follows", () => {
    const whole = answerOf({ nonce });
    for (let size = 0; size < whole.length; size++) expect(readTimestampAnswer(whole.subarray(0, size))).toBeNull();
    expect(readTimestampAnswer(Buffer.concat([whole, Buffer.of(0)]))).toBeNull();
  });

  it.each([
    ["a page of HTML", Buffer.from("<html></html>")],
    ["a time without a zone", answerOf({ time: "20261121061004" })],
    ["a month that does not exist", answerOf({ time: "20261321061004Z" })],
    ["an open length", Buffer.from("308030030201000000", "hex")],
    ["nested without end", Buffer.from(Array.from({ length: 60 }, (_, i) => [0x30, 2 * (59 - i)]).flat())],
    ["a part that nobody reads and that does not fit", Buffer.from("300830030201003001ff", "hex")],
    ["a length beyond all memory", Buffer.from("3084ffffffff", "hex")],
  ])("is none if it is %s", (_, bytes) => {
    expect(readTimestampAnswer(bytes)).toBeNull();
  });

  it("never makes the reader throw, whichever byte is another", () => {
    const whole = answerOf({ nonce });
    for (const [at, byte] of whole.entries()) {
      for (const other of [0x00, 0x80, 0xff, byte ^ 1]) {
        const bytes = Buffer.from(whole);
        bytes[at] = other;
        expect(() => readTimestampAnswer(bytes)).not.toThrow();
      }
    }
  });
});
