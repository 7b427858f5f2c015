/** The longest offset taken. Tokens seen have 150 to 250 characters; it must fit a URL and the checkpoint. */
export const MAX_OFFSET_BYTES = 4_096;

/** Whether a text can be a pagination token: it is opaque, but it has to survive a URL and come back the same. */
export function isOffset(text: string): boolean {
  return text !== "" && Buffer.byteLength(text) <= MAX_OFFSET_BYTES && text.isWellFormed() && !/\p{Cc}/u.test(text);
}
