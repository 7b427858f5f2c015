/** Signs with Ed25519. The private key stays where it is: in a file, in a service, in a test. */
export interface Signer {
  /** The name of the archive. */
  readonly keyName: string;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /**
   * The signature over these bytes, 64 of its own. Nothing is taken from its word: whoever asks verifies it. Throws
   * ArchiverError `unavailable` where asking again may help, and `refused` where it does not.
   */
  sign(text: Buffer): Promise<Buffer>;
}
