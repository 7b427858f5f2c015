/**
 * What writers keep and readers insist on, so that no object in the bucket, whoever put it there, costs a reader more
 * memory or time than a segment of ours could.
 */

/** An event longer than this is not archived; it stops the run. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Uncompressed, line feeds included. Far above any batch limit; below 2^32, so that gzip's length field is exact. */
export const MAX_CONTENT_BYTES = 256 * 1024 * 1024;

export const MAX_SEGMENT_EVENTS = 10_000_000;

/** DEFLATE adds at most five bytes to a stored block; the header and the rest fit the remainder. */
export const MAX_SEGMENT_BYTES = MAX_CONTENT_BYTES + 1024 * 1024;
