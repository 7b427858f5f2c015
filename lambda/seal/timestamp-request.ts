/** Who says what time it is: an authority after RFC 3161, which signs a hash together with its time. */
export interface TimestampAuthority {
  /** For messages: the host, never a whole URL, which may hold a password. */
  readonly name: string;
  /**
   * Sends a TimeStampReq and gives the TimeStampResp as it came, unread. Throws ArchiverError `refused`, `unavailable` or
   * `invalid-response`, and `signal.reason` when aborted.
   */
  stamp(request: Buffer, signal: AbortSignal): Promise<Buffer>;
}

export const NONCE_BYTES = 8;

/** Version 1, and a SHA-256 imprint up to its 32 bytes. All lengths are known, so nothing is left to encode. */
const BEFORE_DIGEST = Buffer.from("30430201013031300d060960864801650304020105000420", "hex");
const BEFORE_NONCE = Buffer.from("0208", "hex");
/** certReq: the token must bring the authority's certificates along, or nobody could check it in ten years. */
const WITH_CERTIFICATES = Buffer.from("0101ff", "hex");

/** The nonce as the request carries it: a positive integer that takes all eight bytes. */
export function nonceInteger(random: Buffer): Buffer {
  if (random.length !== NONCE_BYTES) throw new Error(`a nonce has ${NONCE_BYTES} bytes, not ${random.length}`);
  const nonce = Buffer.from(random);
  nonce[0] = (nonce[0]! & 0x3f) | 0x40;
  return nonce;
}

/**
 * A TimeStampReq in DER, always 69 bytes, the same that `openssl ts -query -sha256 -cert` makes. `digest`: SHA-256 of what
 * is to be stamped. `nonce`: of `nonceInteger`.
 */
export function timestampRequest(digest: Buffer, nonce: Buffer): Buffer {
  if (digest.length !== 32) throw new Error(`a SHA-256 has 32 bytes, not ${digest.length}`);
  return Buffer.concat([BEFORE_DIGEST, digest, BEFORE_NONCE, nonce, WITH_CERTIFICATES]);
}
