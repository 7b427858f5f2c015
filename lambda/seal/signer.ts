/** What signs the seals: a key of a file, or of a service that never gives it away. */
export interface Signer {
  /** The name of the key in every seal, which is the archive's. */
  readonly keyName: string;
  /** The 32 bytes of the Ed25519 public key. */
  readonly publicKey: Buffer;
  /** The 64 bytes of the Ed25519 signature of a seal's text. Throws ArchiverError. */
  sign(text: Buffer): Promise<Buffer>;
}
