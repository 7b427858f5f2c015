/** The bytes that structure JSON text. */
import { PageError } from "./page-error.ts";

export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** 1 for each of the (ASCII) characters, 0 for all other bytes. */
export function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}

/** The byte at `i`, or the end, is not what has to be there. */
export function unexpected(bytes: Buffer, i: number): never {
  throw new PageError(i >= bytes.length ? "the text ends too early" : `not JSON at byte ${i}`);
}
