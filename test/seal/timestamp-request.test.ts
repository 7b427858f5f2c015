import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nonceInteger, timestampRequest } from "../../lambda/seal/timestamp-request.ts";

const DIGEST = hash("sha256", "seal", "buffer");

describe("a time-stamp request", () => {
  it("has the 69 bytes that openssl gives for the same digest and nonce", () => {
    const request = timestampRequest(DIGEST, Buffer.from("4102030405060708", "hex"));
    const expected = `3043020101303130 0d06096086480165030402010500 0420${DIGEST.toString("hex")}02084102030405060708 0101ff`;
    expect(request.toString("hex")).toBe(expected.replaceAll(" ", ""));
    expect(request.length).toBe(69);
  });

  it("has a nonce of eight bytes whatever the dice say: positive, and without a zero in front", () => {
    for (const first of [0x00, 0x3f, 0x40, 0x7f, 0x80, 0xff]) {
      const nonce = nonceInteger(Buffer.of(first, 2, 3, 4, 5, 6, 7, 8));
      expect(nonce[0]).toBeGreaterThanOrEqual(0x40);
      expect(nonce[0]).toBeLessThan(0x80);
      expect(nonce.subarray(1)).toEqual(Buffer.of(2, 3, 4, 5, 6, 7, 8));
    }
  });

  it("is made of nothing but a SHA-256 and eight random bytes", () => {
    expect(() => timestampRequest(Buffer.alloc(20), Buffer.alloc(8))).toThrow("a SHA-256 has 32 bytes, not 20");
    expect(() => nonceInteger(Buffer.alloc(4))).toThrow("a nonce has 8 bytes, not 4");
  });
});
