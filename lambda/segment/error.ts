/**
 * `damaged`: these are not the bytes of a segment as it was written. `unknown-format`: an intact manifest of a format
 * that this version does not know; a newer version may.
 */
export type SegmentErrorKind = "damaged" | "unknown-format";

/** `message` says what is wrong with the bytes, without any of their content. */
export class SegmentError extends Error {
  override readonly name = "SegmentError";
  readonly kind: SegmentErrorKind;

  constructor(kind: SegmentErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
