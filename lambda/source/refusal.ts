/** The errors that a run ends with when the source gives no page, each with what to do about it. */
import { ArchiverError } from "../errors.ts";
import { msToInstant } from "../event/instant.ts";
import type { Retryable } from "./retry.ts";

interface Refusal {
  readonly cause: string;
  readonly advice: string;
}

const REFUSALS: Readonly<Record<number, Refusal>> = {
  400: {
    cause: "the source refuses a parameter",
    advice: "Check the workspace gid, the window and the filters.",
  },
  401: {
    cause: "the source does not accept the token",
    advice: "Give the current token of the service account: this one is wrong, was reset, or has expired.",
  },
  402: {
    cause: "the workspace's plan does not include the audit log API",
    advice: "Ask Asana for a plan with it: Enterprise+, Legacy Enterprise, or Enterprise with compliance management.",
  },
  403: {
    cause: "the token may not read this workspace's audit log",
    advice:
      "Use a service account of this workspace that has the audit log scope, and check that no IP allowlist shuts this machine out.",
  },
  404: {
    cause: "the source does not know the workspace",
    advice: 'Check the workspace gid (the "Domain ID" in the settings of the admin console) and the base URL.',
  },
  451: {
    cause: "the source does not serve this network's country",
    advice: "Run the archiver in a region that Asana serves.",
  },
};

const OTHER: Refusal = {
  cause: "the source refuses the request",
  advice: "Check the base URL, and whether a proxy stands in between.",
};

/** `message` is the source's own, fit for printing; empty if there was none. */
export function refusal(status: number, message: string): ArchiverError {
  const { cause, advice } = REFUSALS[status] ?? OTHER;
  const words = message === "" ? "" : `, "${message}"`;
  return new ArchiverError("refused", `${cause} (${status}${words})`, { advice, status });
}

export function redirect(status: number): ArchiverError {
  const message = `the source answered with a redirect (${status}), which is not followed`;
  const advice = "Check the base URL, and whether a proxy stands in between: the API itself does not redirect.";
  return new ArchiverError("invalid-response", message, { advice, status });
}

export function headersTooLarge(what: string): ArchiverError {
  return new ArchiverError("invalid-response", `the source ${what}`, {
    advice: "Check the base URL, and whether a proxy stands in between.",
  });
}

export function notSecure(what: string): ArchiverError {
  return new ArchiverError("unavailable", `the source ${what}`, {
    advice:
      "Check the base URL and this machine's clock. If a proxy with its own certificate stands in between, name the file of its authority in NODE_EXTRA_CA_CERTS.",
  });
}

/** The source has named a time that is too far away to wait for. */
export function notBefore(untilMs: number): ArchiverError {
  return new ArchiverError("unavailable", `the source asks not to be called before ${msToInstant(untilMs)}`, {
    advice: "Run again after that time; if it happens often, see what else uses this token.",
    notBefore: untilMs,
  });
}

/** The same page has failed too often. `untilMs`: the time that the source has named, if it has. */
export function gaveUp(answer: Retryable, attempts: number, untilMs: number | undefined): ArchiverError {
  return new ArchiverError(answer.errorKind, `the source ${answer.what}, on attempt ${attempts} of ${attempts}`, {
    advice: GIVEN_UP[answer.errorKind],
    ...(answer.status !== undefined && { status: answer.status }),
    ...(untilMs !== undefined && { notBefore: untilMs }),
  });
}

const GIVEN_UP: Readonly<Record<Retryable["errorKind"], string>> = {
  unavailable:
    "The next run tries again; if it persists, see Asana's status page, the base URL, and this machine's network and proxy.",
  "invalid-response":
    "Check the base URL and whether a proxy stands in between; if it persists, the API has changed and this client must be updated.",
};
