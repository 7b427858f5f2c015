/**
 * The certificates of a time-stamping authority, and whether they lead to a root that is trusted. Node checks signatures
 * and who issued what; what the extensions say is read with pkijs, and judged by the rules of RFC 5280 and RFC 3161.
 */
import { X509Certificate } from "node:crypto";
import type { BitString } from "asn1js";
import { type BasicConstraints, Certificate, type Extension, type ExtKeyUsage } from "pkijs";
import { ArchiverError } from "../../lambda/errors.ts";
import { msToInstant } from "../../lambda/event/instant.ts";

/** A certificate, by both of its readers. */
export interface AuthorityCertificate {
  readonly x509: X509Certificate;
  readonly parsed: Certificate;
}

/** `untrusted`: the certificates may be right, but none of the given roots says so. `bad`: they break a rule. */
export type ChainVerdict =
  | { readonly kind: "trusted" }
  | { readonly kind: "untrusted" | "bad"; readonly reason: string };

/** DER. Throws a plain error of one of the two readers for what is no certificate. */
export const readCertificate = (der: Uint8Array): AuthorityCertificate => ({
  x509: new X509Certificate(der),
  parsed: Certificate.fromBER(der),
});

/** The certificates of a PEM file: roots, and intermediates for chains that miss one. Throws ArchiverError `misconfigured`. */
export function readRoots(pem: string): AuthorityCertificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => readCertificate(new X509Certificate(block).raw));
  } catch {
    // Answered below: to whoever gave the file, a broken certificate and none are the same.
  }
  throw new ArchiverError(
    "misconfigured",
    "the file with the root of the time-stamping authority holds no certificate",
    {
      advice: "Give the authority's root certificate as PEM, as the authority publishes it.",
    },
  );
}

/** The common name, or else all of the subject. */
export function authorityName({ x509 }: AuthorityCertificate): string {
  return /^CN=(.+)$/m.exec(x509.subject)?.[1] ?? x509.subject.replaceAll("\n", ", ");
}

const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const CERTIFICATE_POLICIES = "2.5.29.32";
/** Any other extension that is marked as critical has to be understood, and is not. Any policy is accepted. */
const UNDERSTOOD = [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, SUBJECT_ALTERNATIVE_NAME, CERTIFICATE_POLICIES];
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const ANY_USAGE = "2.5.29.37.0";
const DIGITAL_SIGNATURE = 0x80;
const NON_REPUDIATION = 0x40;
const CERTIFICATE_SIGNING = 0x04;
/** MD5 and SHA-1, with RSA and ECDSA: whoever can make collisions can make a certificate. */
const BROKEN_SIGNATURES = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];
/** More is no authority's chain, and keeps made-up ones from being followed in circles. */
const MAX_INTERMEDIATES = 6;

/** What keeps a certificate from signing time stamps; null if nothing does. */
export function findUsageFault({ parsed }: AuthorityCertificate): string | null {
  const extended = extensionOf(parsed, EXTENDED_KEY_USAGE);
  const purposes = purposesOf(extended);
  if (purposes.length !== 1 || purposes[0] !== TIME_STAMPING)
    return "the signer's certificate is not for time stamps alone";
  if (extended?.critical !== true) return "the usage in the signer's certificate is not marked as critical";
  const usage = keyUsageOf(parsed);
  const allowed = DIGITAL_SIGNATURE | NON_REPUDIATION;
  if (usage !== null && ((usage & allowed) === 0 || (usage & ~allowed) !== 0))
    return "the signer's key is not for signatures alone";
  return null;
}

/** Looks for a chain from `signer` over `others` to one of the self-signed `roots`, all of them valid at `atMs`. */
export function judgeChain(
  signer: AuthorityCertificate,
  others: readonly AuthorityCertificate[],
  roots: readonly AuthorityCertificate[],
  atMs: number,
): ChainVerdict {
  const anchors = roots.filter(isSelfIssued);
  const intermediates = [...others, ...roots].filter((certificate) => !isSelfIssued(certificate));
  let fault: string | null = null;

  const leadsToAnchor = (certificate: AuthorityCertificate, below: number): boolean => {
    const found = findFault(certificate, below, atMs);
    if (found !== null) {
      fault ??= found;
      return false;
    }
    if (anchors.some((anchor) => isIssuer(anchor, certificate) && isSoundAnchor(anchor, below))) return true;
    if (below > MAX_INTERMEDIATES) return false;
    return intermediates.some((issuer) => isIssuer(issuer, certificate) && leadsToAnchor(issuer, below + 1));
  };
  const isSoundAnchor = (anchor: AuthorityCertificate, below: number): boolean => {
    const found = findFault(anchor, below + 1, atMs);
    fault ??= found;
    return found === null;
  };

  if (leadsToAnchor(signer, 0)) return { kind: "trusted" };
  if (fault !== null) return { kind: "bad", reason: fault };
  return { kind: "untrusted", reason: "its authority has none of the given roots" };
}

/** `below`: how many certificates stand under this one; 0 for the signer's own. */
function findFault({ x509, parsed }: AuthorityCertificate, below: number, atMs: number): string | null {
  const name = below === 0 ? "the signer's certificate" : `the certificate "${authorityName({ x509, parsed })}"`;
  const from = parsed.notBefore.value.getTime();
  const until = parsed.notAfter.value.getTime();
  if (atMs < from) return `${name} was not yet valid: it is from ${msToInstant(from)}`;
  if (atMs > until) return `${name} was no longer valid: it ended at ${msToInstant(until)}`;
  const strange = parsed.extensions?.find(({ extnID, critical }) => critical && !UNDERSTOOD.includes(extnID));
  if (strange !== undefined) return `${name} has a critical extension that this version does not know`;
  const isAnchor = isSelfIssued({ x509, parsed });
  if (!isAnchor && BROKEN_SIGNATURES.includes(parsed.signatureAlgorithm.algorithmId))
    return `${name} is signed over MD5 or SHA-1`;
  if (below === 0) return null;
  if (!x509.ca) return `${name} is not that of a certificate authority`;
  const usage = keyUsageOf(parsed);
  if (usage !== null && (usage & CERTIFICATE_SIGNING) === 0) return `${name} is not for signing certificates`;
  const limit = pathLimitOf(parsed);
  if (limit !== null && below - 1 > limit) return `${name} does not allow so long a chain`;
  const purposes = purposesOf(extensionOf(parsed, EXTENDED_KEY_USAGE));
  const isForAll = purposes.length === 0 || purposes.includes(ANY_USAGE);
  if (!isAnchor && !isForAll && !purposes.includes(TIME_STAMPING)) return `${name} is not for time stamps`;
  return null;
}

const isIssuer = (issuer: AuthorityCertificate, certificate: AuthorityCertificate): boolean =>
  certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey);

const isSelfIssued = ({ x509 }: AuthorityCertificate): boolean => x509.checkIssued(x509);

const extensionOf = ({ extensions }: Certificate, id: string): Extension | undefined =>
  extensions?.find(({ extnID }) => extnID === id);

const purposesOf = (extension: Extension | undefined): readonly string[] =>
  (extension?.parsedValue as ExtKeyUsage | undefined)?.keyPurposes ?? [];

/** The first eight bits, which are all that matter here; null: any usage. */
function keyUsageOf(certificate: Certificate): number | null {
  const extension = extensionOf(certificate, KEY_USAGE);
  if (extension === undefined) return null;
  return (extension.parsedValue as BitString | undefined)?.valueBlock.valueHexView[0] ?? 0;
}

function pathLimitOf(certificate: Certificate): number | null {
  const constraints = extensionOf(certificate, BASIC_CONSTRAINTS)?.parsedValue as BasicConstraints | undefined;
  const limit = constraints?.pathLenConstraint;
  return limit === undefined ? null : Number(limit);
}
