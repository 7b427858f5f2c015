/**
 * How bytes are compressed. The streaming codec works off the main thread while the next page is on its way; the
 * other is synchronous and deterministic, for simulations.
 */
export interface Codec {
  /** A raw DEFLATE stream (RFC 1951). */
  deflate(): Deflater;
  /** Inflates one raw DEFLATE stream, a chunk at a time; throws on damage, early end, or bytes after the end. */
  inflate(deflated: Uint8Array): AsyncIterable<Buffer>;
}

export interface Deflater {
  /** Resolves when the stream can take more; the bytes must not change until then. */
  write(chunk: Uint8Array): Promise<void>;
  /** The whole stream, in order. */
  finish(): Promise<readonly Buffer[]>;
}
