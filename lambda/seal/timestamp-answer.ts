import { type Instant, parseInstant } from "../event/instant.ts";

/** What a TimeStampResp of RFC 3161 says of itself. Nothing in it is checked: that takes the authority's certificate. */
export interface TimestampAnswer {
  /** PKIStatus: 0 granted, 1 granted with modifications; all others mean that there is no token. */
  readonly status: number;
  readonly token: TokenClaim | null;
}

export interface TokenClaim {
  /** What was stamped, if it is a SHA-256; null for another hash. */
  readonly sha256: Buffer | null;
  /** The authority's time. */
  readonly genTime: Instant;
  /** The content of the INTEGER; null if there is none. */
  readonly nonce: Buffer | null;
}

export const isGranted = ({ status }: TimestampAnswer): boolean => status === 0 || status === 1;

/** Null for everything that is not a TimeStampResp in DER from its first byte to its last. */
export function readTimestampAnswer(bytes: Buffer): TimestampAnswer | null {
  try {
    checkNesting(bytes);
    return readResponse(only(bytes, SEQUENCE));
  } catch (error) {
    if (error instanceof NotDer) return null;
    throw error;
  }
}

/** One element of DER. Its content is a view into the bytes that were read. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** Never leaves this file. */
class NotDer extends Error {}

/** In a tag: the content is elements again. */
const CONSTRUCTED = 0x20;
/** Twice what a token with its certificates has; each level takes a call. */
const MAX_DEPTH = 40;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const EXPLICIT_0 = 0xa0;

const SHA256 = Buffer.from("608648016503040201", "hex");
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d(?:\.\d+)?)Z$/;

function readResponse(response: Buffer): TimestampAnswer {
  const [info, token] = elementsOf(response);
  const [status] = elementsOf(contentOf(info, SEQUENCE));
  const code = contentOf(status, INTEGER);
  if (code.length !== 1) throw new NotDer();
  return { status: code[0]!, token: token === undefined ? null : readToken(contentOf(token, SEQUENCE)) };
}

/** ContentInfo, in it SignedData, in it the encapsulated TSTInfo. */
function readToken(contentInfo: Buffer): TokenClaim {
  const [contentType, explicit] = elementsOf(contentInfo);
  contentOf(contentType, OBJECT_ID);
  const [version, digestAlgorithms, encapsulated] = elementsOf(only(contentOf(explicit, EXPLICIT_0), SEQUENCE));
  contentOf(version, INTEGER);
  contentOf(digestAlgorithms, SET);
  const [innerType, innerExplicit] = elementsOf(contentOf(encapsulated, SEQUENCE));
  contentOf(innerType, OBJECT_ID);
  return readInfo(only(only(contentOf(innerExplicit, EXPLICIT_0), OCTET_STRING), SEQUENCE));
}

function readInfo(info: Buffer): TokenClaim {
  const [version, policy, imprint, serial, time, ...rest] = elementsOf(info);
  contentOf(version, INTEGER);
  contentOf(policy, OBJECT_ID);
  contentOf(serial, INTEGER);
  const [algorithm, hashed] = elementsOf(contentOf(imprint, SEQUENCE));
  const [hashName] = elementsOf(contentOf(algorithm, SEQUENCE));
  const isSha256 = contentOf(hashName, OBJECT_ID).equals(SHA256);
  const digest = contentOf(hashed, OCTET_STRING);
  // Accuracy and ordering may stand before the nonce; the name of the authority and extensions come after it.
  const nonce = rest.find(({ tag }) => tag !== SEQUENCE && tag !== BOOLEAN);
  return {
    sha256: isSha256 ? digest : null,
    genTime: readTime(contentOf(time, GENERALIZED_TIME).toString("latin1")),
    nonce: nonce?.tag === INTEGER ? nonce.content : null,
  };
}

function readTime(text: string): Instant {
  const [, year, month, day, hour, minute, second] = TIME.exec(text) ?? [];
  const instant = parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (instant === null) throw new NotDer();
  return instant;
}

function only(bytes: Buffer, tag: number): Buffer {
  const [element, ...rest] = elementsOf(bytes);
  if (rest.length > 0) throw new NotDer();
  return contentOf(element, tag);
}

function contentOf(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new NotDer();
  return element.content;
}

/** Also the parts that nobody here reads have to fit into each other, so that all readers see the same structure. */
function checkNesting(bytes: Buffer, depth = 0): void {
  if (depth > MAX_DEPTH) throw new NotDer();
  for (const { tag, content } of elementsOf(bytes)) if (tag & CONSTRUCTED) checkNesting(content, depth + 1);
}

/** The elements that lie in these bytes one after the other. */
function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { start, length } = readLength(bytes, at + 1);
    if (start + length > bytes.length) throw new NotDer();
    elements.push({ tag: bytes[at]!, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** A length is one byte, or the number of its bytes and then those, up to three; an open length is not DER. */
function readLength(bytes: Buffer, at: number): { start: number; length: number } {
  const first = bytes[at];
  if (first === undefined) throw new NotDer();
  if (first < 0x80) return { start: at + 1, length: first };
  const size = first & 0x7f;
  if (size < 1 || size > 3 || at + 1 + size > bytes.length) throw new NotDer();
  return { start: at + 1 + size, length: bytes.readUIntBE(at + 1, size) };
}
