import { sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fromBase64,
  isSignature,
  NoteError,
  parseNote,
  parseVerifierKey,
  printNote,
  printVerifierKey,
  type SignedNote,
  signersAmong,
  verifierKey,
} from "../../lambda/seal/note.ts";
import { RFC_8032, testSigner } from "./signers.ts";

/** The example of signed-note.md. */
const SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE =
  "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

const note = (text: string): SignedNote => parseNote(Buffer.from(text));
const specKey = parseVerifierKey(SPEC_KEY);

describe("a signed note", () => {
  it("is verified by the key that its specification gives", () => {
    const parsed = note(SPEC_NOTE);
    expect(parsed.text).toBe("This is an example message.\n");
    expect(signersAmong([specKey], parsed)).toEqual([specKey]);
    expect(printNote(parsed).toString()).toBe(SPEC_NOTE);
  });

  it("is not believed with any byte changed", () => {
    const bytes = Buffer.from(SPEC_NOTE);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = Buffer.from(bytes);
        other[at]! ^= change;
        expect(isBelieved(other)).toBe(false);
      }),
    );
  });

  it("is not believed cut anywhere, or with anything behind it", () => {
    for (let end = 0; end < SPEC_NOTE.length; end += 1)
      expect(isBelieved(Buffer.from(SPEC_NOTE.slice(0, end)))).toBe(false);
    for (const more of ["\n", " ", "x", "— \n", "— x AAAA\n", "\n\n"])
      expect(isBelieved(Buffer.from(SPEC_NOTE + more))).toBe(false);
  });

  it("passes over signatures by keys that are not known, even with a name or an id that is", () => {
    const stranger = `${SPEC_NOTE}— example.com/other ${Buffer.from("abcdefgh").toString("base64")}\n— example.com/foo ${Buffer.alloc(68).toString("base64")}\n`;
    expect(signersAmong([specKey], note(stranger))).toEqual([specKey]);
    expect(signersAmong([verifierKey("example.com/foo", RFC_8032.publicKey)], note(SPEC_NOTE))).toEqual([]);
  });

  it("is refused as a whole when one known key did not sign", async () => {
    const signer = testSigner();
    const { keyName, keyId } = verifierKey(signer.keyName, signer.publicKey);
    const signature = await signer.sign(Buffer.from("another text\n"));
    const parsed = note(SPEC_NOTE);
    const both = { ...parsed, signatures: [...parsed.signatures, { keyName, keyId, signature }] };
    const keys = [specKey, verifierKey(signer.keyName, signer.publicKey)];
    expect(() => signersAmong(keys, both)).toThrow(`by ${keyName} (${keyId}) is not by that key`);
  });

  it("may hold empty lines: the last one ends the text", () => {
    const text = "one\n\ntwo\n\n— three\n";
    const signatures = note(SPEC_NOTE).signatures;
    expect(parseNote(printNote({ text, signatures })).text).toBe(text);
  });

  it.each([
    ["", "no signed note"],
    ["text\n", "no signed note"],
    ["text\n\n— a AAAAAAAA", "no signed note"],
    [SPEC_NOTE.replaceAll("\n", "\r\n"), "its line endings were changed"],
    [SPEC_NOTE.replace("an", "\t"), "control character"],
    [SPEC_NOTE.replace("an", "\0"), "control character"],
    [SPEC_NOTE.replace("— ", "- "), "no signature"],
    [SPEC_NOTE.replace("foo ", "foo  "), "no signature"],
    [SPEC_NOTE.replace("example.com/foo", "example.com/f+o"), "no signature"],
    [SPEC_NOTE.replace("example.com/foo", "example.com/f\u00a0o"), "no signature"],
    [SPEC_NOTE.replace("M=", "N="), "no signature"],
    [SPEC_NOTE.replace("M=", "M"), "no signature"],
    ["text\n\n— a AAAAAA==\n", "an empty signature"],
    [SPEC_NOTE + SPEC_NOTE.split("\n\n")[1], "by one key twice"],
    [SPEC_NOTE + Array.from({ length: 16 }, (_, i) => `— ${i} AAAAAAAA\n`).join(""), "more than 16 signatures"],
  ])("is refused where it is not spelled as one: %j", (text, why) => {
    expect(() => note(text)).toThrow(NoteError);
    expect(() => note(text)).toThrow(why);
  });

  it("is refused where it is not UTF-8", () => {
    expect(() => parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(SPEC_NOTE)]))).toThrow("not UTF-8");
  });

  function isBelieved(bytes: Buffer): boolean {
    try {
      return signersAmong([specKey], parseNote(bytes)).length > 0;
    } catch (error) {
      expect(error).toBeInstanceOf(NoteError);
      return false;
    }
  }
});

describe("a verifier key", () => {
  it("is printed as it was read", () => {
    expect(printVerifierKey(specKey)).toBe(SPEC_KEY);
    expect(printVerifierKey(verifierKey("archive.example.com/asana", RFC_8032.publicKey))).toBe(
      "archive.example.com/asana+a5fb010f+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
    );
  });

  it.each([
    ["", "not a verifier key"],
    ["a+b", "not a verifier key"],
    [SPEC_KEY.replace("530d903a", "530D903A"), "not a verifier key"],
    [SPEC_KEY.replace("530d903a", "530d903b"), "its key id is 530d903b"],
    [SPEC_KEY.replace("foo", "fop"), "its key id is 530d903a"],
    [SPEC_KEY.replace("foo", "f o"), "no white space"],
    [SPEC_KEY.replace("+Aek", "+Bek"), "another kind"],
    [SPEC_KEY.slice(0, -4), "has 32 bytes"],
    [SPEC_KEY.replace("U2k", "U2k="), "not a verifier key"],
    [`${SPEC_KEY}\n`, "not a verifier key"],
  ])("is refused where it is none: %j", (text, why) => {
    expect(() => parseVerifierKey(text)).toThrow(NoteError);
    expect(() => parseVerifierKey(text)).toThrow(why);
  });
});

it("a signature is that of RFC 8032, section 7.1, test 1", () => {
  const key = verifierKey("test", RFC_8032.publicKey);
  expect(sign(null, Buffer.alloc(0), RFC_8032.privateKey).equals(RFC_8032.signatureOfNothing)).toBe(true);
  expect(isSignature(key, "", RFC_8032.signatureOfNothing)).toBe(true);
  expect(isSignature(key, "x", RFC_8032.signatureOfNothing)).toBe(false);
  expect(isSignature(key, "", RFC_8032.signatureOfNothing.subarray(1))).toBe(false);
});

it("a signature with another number of the same residue is refused: each signature has one spelling", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const twin = Buffer.from(RFC_8032.signatureOfNothing);
  const s = BigInt(`0x${Buffer.from(twin.subarray(32)).reverse().toString("hex")}`) + order;
  Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse().copy(twin, 32);
  expect(isSignature(verifierKey("test", RFC_8032.publicKey), "", twin)).toBe(false);
});

it.each(["A", "AA", "AA=", "AB==", "AAA-", "AA==\n", " AA=="])("%j is not how base64 is printed", (text) => {
  expect(fromBase64(text)).toBeNull();
});
