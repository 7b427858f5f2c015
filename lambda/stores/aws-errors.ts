import { ArchiverError, type ErrorKind } from "../errors.ts";
import { isTlsCode } from "../tls-codes.ts";

/** What an SDK call failed with, as far as that is known. */
export interface AwsFault {
  /** The service's error code, the SDK's name for the error, or that of the network. */
  readonly code: string;
  /** Null: there was no answer. */
  readonly status: number | null;
  /** The service may have done, or may yet do, what it was asked. */
  readonly isUncertain: boolean;
}

/** The host whose name could not be resolved. */
const hostOf = (error: unknown): string =>
  error instanceof Error && "hostname" in error ? `the host name ${String(error.hostname)}` : "its host name";

export function awsFault(error: unknown): AwsFault {
  if (!(error instanceof Error)) return { code: "unknown", status: null, isUncertain: true };
  const { $metadata, $response, code: networkCode } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? null;
  const code = status === null && typeof networkCode === "string" ? networkCode : nameOf(error);
  return { code, status, isUncertain: isUncertain(code, status) };
}

/** `doing` completes "AWS could not ...", `place` names the bucket, table or secret. */
export function awsError(error: unknown, doing: string, place: string): ArchiverError {
  if (error instanceof ArchiverError) return error;
  const fault = awsFault(error);
  const [kind, cause, advice] = meaningOf(fault, error);
  const answer = fault.status === null ? fault.code : `${fault.status} ${fault.code}`;
  return new ArchiverError(kind, `AWS could not ${doing} (${place}): ${cause} (${answer}).`, { advice, cause: error });
}

/** Without a region, or with an odd one, the SDK throws a nameless error. */
const nameOf = (error: Error): string => (error.message.startsWith("Region ") ? "InvalidRegion" : error.name);

interface SdkError {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
  readonly code?: unknown;
}

/**
 * No answer, a server's error, and an answer that could not be read leave it open; so do a conflict with another
 * operation and a throttled or slow request, whatever status they come with.
 */
function isUncertain(code: string, status: number | null): boolean {
  if (NEVER_SENT.test(code) || code === "NotImplemented") return false;
  if (status === null || status < 300 || status >= 500) return true;
  return status === 408 || status === 409 || status === 429 || SLOW.test(code);
}

const NEVER_SENT = /^(CredentialsProviderError|TokenProviderError|InvalidRegion|TypeError|RangeError)$/;
const SLOW = /Throttl|TooManyRequests|SlowDown|RequestTimeout|LimitExceeded|ThroughputExceeded|TransactionInProgress/;
const CREDENTIALS =
  /CredentialsProviderError|TokenProviderError|ExpiredToken|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|AuthFailure|MissingAuthenticationToken|InvalidToken/;
const CLOCK = /RequestTimeTooSkewed|RequestExpired|RequestInTheFuture/;
const DENIED = /AccessDenied|Forbidden|AllAccessDisabled|NotAuthorized/;
const MISSING = /NoSuchBucket|ResourceNotFound|TableNotFound/;
const REGION = /PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|InvalidRegion/;
const KMS = /^KMS|KeyUnavailable|DecryptionFailure|EncryptionFailure/;

type Meaning = readonly [kind: ErrorKind, cause: string, advice: string];

function meaningOf({ code, status, isUncertain }: AwsFault, error: unknown): Meaning {
  if (CREDENTIALS.test(code)) return ["misconfigured", "it has no valid credentials", ADVICE.credentials];
  if (CLOCK.test(code)) return ["misconfigured", "this machine's clock is wrong", "Set the clock."];
  if (MISSING.test(code)) return ["misconfigured", "it does not exist", ADVICE.missing];
  if (REGION.test(code) || status === 301) return ["misconfigured", "the region is missing or wrong", ADVICE.region];
  if (code === "ENOTFOUND") return ["unavailable", `${hostOf(error)} does not exist`, ADVICE.name];
  if (isTlsCode(code)) return ["unavailable", "its certificate cannot be trusted", ADVICE.certificate];
  if (code.startsWith("ERR_PROXY")) return ["unavailable", "the proxy did not let it through", ADVICE.proxy];
  if (code === "NotImplemented")
    return ["misconfigured", "it does not support what it was asked for", ADVICE.conditional];
  if (isUncertain) return ["unavailable", "it did not answer, or was too busy", ADVICE.again];
  if (KMS.test(code)) return ["misconfigured", "its encryption key cannot be used", ADVICE.key];
  if (DENIED.test(code) || status === 403) return ["misconfigured", "access is denied", ADVICE.denied];
  return ["misconfigured", "it refuses the request", ADVICE.refused];
}

const ADVICE = {
  credentials: "Give credentials of the right account: AWS_PROFILE, a login, or the environment.",
  missing: "Check the name, the account and the region (AWS_REGION).",
  region: "Set AWS_REGION to the region where it is.",
  name: "Check the bucket's name, the region (AWS_REGION), AWS_ENDPOINT_URL, and that this machine is online.",
  certificate: "Name the file of the certificate authority in NODE_EXTRA_CA_CERTS, and check this machine's clock.",
  proxy: "Check HTTPS_PROXY with its user and password, and name in NO_PROXY what is reached without it.",
  conditional: "Use a store that has conditional writes (If-None-Match), such as Amazon S3.",
  again: "Run again; what is archived stays as it is.",
  key: "Check that the key is enabled and that this role may use it.",
  denied: "Check the role's policy, the bucket's policy, and that the account is the one that owns it.",
  refused: "Look up the error code; if it began with a new version of the archiver, go back to the previous one.",
} as const;
