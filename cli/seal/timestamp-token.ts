/**
 * Checks a stored time stamp: the TimeStampResp (RFC 3161) of an authority over the bytes of a seal file. The structures
 * are read with pkijs; each rule is checked here, and each signature by node.
 */
import { createHash, verify, type X509Certificate } from "node:crypto";
import { type BaseBlock, Constructed, fromBER, Integer, Null, ObjectIdentifier, OctetString, Sequence } from "asn1js";
import { type Attribute, IssuerAndSerialNumber, SignedData, type SignerInfo, TimeStampResp, TSTInfo } from "pkijs";
import { msToInstant } from "../../lambda/event/instant.ts";
import type { StampVerdict } from "../../lambda/seal/judge-stamps.ts";
import { readTimestampAnswer } from "../../lambda/seal/timestamp-answer.ts";
import {
  type AuthorityCertificate,
  authorityName,
  findUsageFault,
  judgeChain,
  readCertificate,
} from "./authority-certificate.ts";

/** `roots`: of `readRoots`; none if nobody gave a root. Throws nothing, whatever the bytes are. */
export function checkTimestamp(
  response: Buffer,
  stamped: Buffer,
  roots: readonly AuthorityCertificate[],
): StampVerdict {
  try {
    return judge(openToken(response), stamped, roots);
  } catch (error) {
    if (error instanceof BadToken) return { kind: "bad", reason: error.message };
    // pkijs, asn1js and node have an error each for what they cannot read.
    return { kind: "bad", reason: UNREADABLE };
  }
}

interface Token {
  readonly infoBytes: Buffer;
  readonly info: TSTInfo;
  readonly signer: SignerInfo;
  readonly certificates: readonly AuthorityCertificate[];
}

/** Its message is the reason of a verdict; it never leaves this file. */
class BadToken extends Error {}

const UNREADABLE = "it cannot be read: it is damaged, or no answer of a time-stamping authority";

function demand(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new BadToken(reason);
}

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

const HASHES: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
/** With the hash that each of them names; null: that of the signer's digest algorithm. */
const SIGNATURES: Readonly<Record<string, { readonly key: "rsa" | "ec"; readonly hash: string | null }>> = {
  "1.2.840.113549.1.1.1": { key: "rsa", hash: null },
  "1.2.840.113549.1.1.11": { key: "rsa", hash: "sha256" },
  "1.2.840.113549.1.1.12": { key: "rsa", hash: "sha384" },
  "1.2.840.113549.1.1.13": { key: "rsa", hash: "sha512" },
  "1.2.840.10045.4.3.2": { key: "ec", hash: "sha256" },
  "1.2.840.10045.4.3.3": { key: "ec", hash: "sha384" },
  "1.2.840.10045.4.3.4": { key: "ec", hash: "sha512" },
};

function openToken(bytes: Buffer): Token {
  // asn1js lets pass lengths that do not fit what they enclose; the reader that decides what is stored does not.
  demand(readTimestampAnswer(bytes) !== null, UNREADABLE);
  const response = new TimeStampResp({ schema: parseWhole(bytes) });
  demand(response.status.status <= 1, `the authority granted no time stamp (PKIStatus ${response.status.status})`);
  const token = response.timeStampToken;
  demand(token !== undefined && token.contentType === SIGNED_DATA, "it holds no signed data");
  const signed = new SignedData({ schema: token.content });
  const { eContentType, eContent } = signed.encapContentInfo;
  demand(eContentType === TST_INFO && eContent !== undefined, "what is signed is no time stamp");
  const infoBytes = Buffer.from(eContent.getValue());
  const [signer, ...more] = signed.signerInfos;
  demand(signer !== undefined && more.length === 0, "it has not exactly one signer");
  const { algorithmId, algorithmParams } = signer.digestAlgorithm;
  const isListed = signed.digestAlgorithms.some(
    (listed) => listed.algorithmId === algorithmId && isPlain(listed.algorithmParams),
  );
  demand(isListed && isPlain(algorithmParams), "its signer uses a hash that it does not list");
  const info = new TSTInfo({ schema: parseWhole(infoBytes) });
  return { infoBytes, info, signer, certificates: certificatesOf(token.content) };
}

function judge(token: Token, stamped: Buffer, roots: readonly AuthorityCertificate[]): StampVerdict {
  const { info, signer } = token;
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  const imprint = createHash(hashNamed(hashAlgorithm.algorithmId)).update(stamped).digest();
  demand(info.version === 1, "it is a time stamp of an unknown version");
  demand(imprint.equals(bytesOf(hashedMessage)), "it stamps something else than this file");
  demand(info.extensions?.some(({ critical }) => critical) !== true, "it has a critical extension that nobody knows");

  const certificate = findSigner(token);
  checkSignedAttributes(token, certificate);
  const usageFault = findUsageFault(certificate);
  demand(usageFault === null, usageFault ?? "");

  const genTime = msToInstant(info.genTime.getTime());
  const authority = authorityName(certificate);
  const unchecked = (reason: string): StampVerdict => ({ kind: "unchecked", genTime, authority, reason });
  const known = SIGNATURES[signer.signatureAlgorithm.algorithmId];
  if (known === undefined) return unchecked("its signature is of a kind that this version does not check");
  demand(isPlain(signer.signatureAlgorithm.algorithmParams), UNREADABLE);
  checkSignature(signer, certificate, known);
  if (roots.length === 0) return unchecked("no root of its authority was given");
  const chain = judgeChain(certificate, token.certificates, roots, info.genTime.getTime());
  if (chain.kind === "untrusted") return unchecked(chain.reason);
  return chain.kind === "bad" ? { kind: "bad", reason: chain.reason } : { kind: "good", genTime, authority };
}

/** What the signature covers has to name the time stamp by its digest, and the certificate by its hash. */
function checkSignedAttributes({ signer, infoBytes }: Token, certificate: AuthorityCertificate): void {
  const attributes = signer.signedAttrs?.attributes ?? [];
  const contentType = onlyValue(attributes, CONTENT_TYPE);
  demand(
    contentType instanceof ObjectIdentifier && contentType.getValue() === TST_INFO,
    "its signature is not over a time stamp",
  );
  const digest = createHash(hashNamed(signer.digestAlgorithm.algorithmId)).update(infoBytes).digest();
  const signedDigest = onlyValue(attributes, MESSAGE_DIGEST);
  demand(
    signedDigest instanceof OctetString && digest.equals(bytesOf(signedDigest)),
    "its signature is over another time stamp",
  );
  const named = [SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2].filter((id) =>
    attributes.some(({ type }) => type === id),
  );
  demand(named.length > 0, "its signature does not name the signer's certificate");
  for (const id of named) {
    const isNamed = namesCertificate(onlyValue(attributes, id), certificate, id === SIGNING_CERTIFICATE_V2);
    demand(isNamed, "its signature names another certificate");
  }
}

/** An ESSCertID is a SHA-1, and an ESSCertIDv2 whatever it says, or SHA-256; the issuer and serial after it may be left out. */
function namesCertificate(value: BaseBlock | null, { x509 }: AuthorityCertificate, isV2: boolean): boolean {
  const [first, ...rest] = childrenOf(childrenOf(childrenOf(value)[0])[0]);
  const algorithm = first instanceof Sequence && isV2 ? childrenOf(first)[0] : null;
  const [hashed, issuerSerial] = algorithm === null ? [first, rest[0]] : rest;
  const hash = algorithm instanceof ObjectIdentifier ? hashNamed(algorithm.getValue()) : isV2 ? "sha256" : "sha1";
  if (!(hashed instanceof OctetString)) return false;
  if (!createHash(hash).update(x509.raw).digest().equals(bytesOf(hashed))) return false;
  const serial = childrenOf(issuerSerial)[1];
  return serial === undefined || (serial instanceof Integer && isSerial(serial, x509));
}

function checkSignature(
  signer: SignerInfo,
  { x509 }: AuthorityCertificate,
  { key, hash }: (typeof SIGNATURES)[string],
): void {
  const digestHash = hashNamed(signer.digestAlgorithm.algorithmId);
  demand(x509.publicKey.asymmetricKeyType === key, "its signature is not one of the signer's key");
  demand(hash === null || hash === digestHash, "its signature and its digest are of different hashes");
  // Received as [0], signed as SET: pkijs keeps the bytes as they came, with the tag of a SET.
  const covered = Buffer.from(signer.signedAttrs?.encodedValue ?? new ArrayBuffer(0));
  demand(verify(digestHash, covered, x509.publicKey, bytesOf(signer.signature)), "its signature does not match");
}

/** By issuer and serial number: the other way to name a signer, by a key's id, no tool for time stamps reads. */
function findSigner({ signer: { sid }, certificates }: Token): AuthorityCertificate {
  demand(sid instanceof IssuerAndSerialNumber, "its signer is not named by issuer and serial number");
  const issuer = Buffer.from(sid.issuer.valueBeforeDecode);
  const found = certificates.find(
    ({ x509, parsed }) =>
      issuer.equals(Buffer.from(parsed.issuer.valueBeforeDecode)) && isSerial(sid.serialNumber, x509),
  );
  demand(found !== undefined, "it does not bring the signer's certificate along");
  return found;
}

/** From the received bytes: pkijs would give them as it spells them itself. Attribute certificates, [n], are not used. */
function certificatesOf(signedData: BaseBlock): AuthorityCertificate[] {
  const set = childrenOf(signedData).find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0);
  return childrenOf(set)
    .filter((item) => item instanceof Sequence)
    .map((item) => readCertificate(item.valueBeforeDecodeView));
}

function parseWhole(bytes: Buffer): BaseBlock {
  const { result, offset } = fromBER(bytes);
  demand(offset === bytes.length, "it is cut, or something follows it");
  return result;
}

/** The one value of the one attribute of that type; null if there is none, or are several. */
function onlyValue(attributes: readonly Attribute[], id: string): BaseBlock | null {
  const values = attributes.filter(({ type }) => type === id).flatMap(({ values }) => values as BaseBlock[]);
  return values.length === 1 ? values[0]! : null;
}

function hashNamed(id: string): string {
  const name = HASHES[id];
  demand(name !== undefined, "it uses a hash other than SHA-256, SHA-384 and SHA-512");
  return name;
}

/** The hashes and signatures that are known take no parameters: NULL, or none at all. */
const isPlain = (parameters: unknown): boolean => parameters === undefined || parameters instanceof Null;

const childrenOf = (block: BaseBlock | null | undefined): BaseBlock[] =>
  block instanceof Constructed ? block.valueBlock.value : [];

const bytesOf = (block: OctetString): Buffer => Buffer.from(block.getValue());

const isSerial = (serial: Integer, { serialNumber }: X509Certificate): boolean =>
  BigInt(`0x${Buffer.from(serial.valueBlock.valueHexView).toString("hex")}`) === BigInt(`0x${serialNumber}`);
