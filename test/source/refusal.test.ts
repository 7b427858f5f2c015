/** The errors that a run ends with, word for word: each says what happened and what somebody can do about it. */
import { describe, expect, it } from "vitest";
import { gaveUp, headersTooLarge, notBefore, notSecure, redirect, refusal } from "../../lambda/source/refusal.ts";
import type { Retryable } from "../../lambda/source/retry.ts";

describe("a refusal", () => {
  it.each([
    [400, "the source refuses a parameter", "Check the workspace gid, the window and the filters."],
    [
      401,
      "the source does not accept the token",
      "Give the current token of the service account: this one is wrong, was reset, or has expired.",
    ],
    [
      402,
      "the workspace's plan does not include the audit log API",
      "Ask Asana for a plan with it: Enterprise+, Legacy Enterprise, or Enterprise with compliance management.",
    ],
    [
      403,
      "the token may not read this workspace's audit log",
      "Use a service account of this workspace that has the audit log scope, and check that no IP allowlist shuts this machine out.",
    ],
    [
      404,
      "the source does not know the workspace",
      'Check the workspace gid (the "Domain ID" in the settings of the admin console) and the base URL.',
    ],
    [451, "the source does not serve this network's country", "Run the archiver in a region that Asana serves."],
    [418, "the source refuses the request", "Check the base URL, and whether a proxy stands in between."],
  ])("with %i: %s", (status, cause, advice) => {
    expect(refusal(status, "")).toMatchObject({ kind: "refused", status, message: `${cause} (${status})`, advice });
    expect(refusal(status, "No.").message).toBe(`${cause} (${status}, "No.")`);
  });
});

it("a redirect is not followed", () => {
  expect(redirect(302)).toMatchObject({
    kind: "invalid-response",
    status: 302,
    message: "the source answered with a redirect (302), which is not followed",
    advice: "Check the base URL, and whether a proxy stands in between: the API itself does not redirect.",
  });
});

it("headers that are too large may be a proxy's", () => {
  expect(headersTooLarge("sent too much")).toMatchObject({
    kind: "invalid-response",
    message: "the source sent too much",
    advice: "Check the base URL, and whether a proxy stands in between.",
  });
});

it("a connection that is not secure may be this machine's fault", () => {
  expect(notSecure("has no certificate")).toMatchObject({
    kind: "unavailable",
    message: "the source has no certificate",
    advice:
      "Check the base URL and this machine's clock. If a proxy with its own certificate stands in between, name the file of its authority in NODE_EXTRA_CA_CERTS.",
  });
});

it("a time that is too far away to wait for is named", () => {
  const untilMs = Date.parse("2026-05-01T10:00:00Z");
  expect(notBefore(untilMs)).toMatchObject({
    kind: "unavailable",
    message: "the source asks not to be called before 2026-05-01T10:00:00.000Z",
    advice: "Run again after that time; if it happens often, see what else uses this token.",
    notBefore: untilMs,
  });
});

describe("giving up", () => {
  const retryable: Retryable = {
    kind: "retryable",
    errorKind: "unavailable",
    what: "failed (500)",
    status: 500,
    retryAfter: undefined,
    servedAt: null,
  };

  it("on a source that does not answer leaves it to the next run", () => {
    expect(gaveUp(retryable, 6, 7)).toMatchObject({
      kind: "unavailable",
      status: 500,
      notBefore: 7,
      message: "the source failed (500), on attempt 6 of 6",
      advice:
        "The next run tries again; if it persists, see Asana's status page, the base URL, and this machine's network and proxy.",
    });
  });

  it("on something that is not a page calls for somebody", () => {
    const { status, ...rest } = { ...retryable, errorKind: "invalid-response" } as const;
    const error = gaveUp(rest, 2, undefined);
    expect(error).toMatchObject({
      kind: "invalid-response",
      advice:
        "Check the base URL and whether a proxy stands in between; if it persists, the API has changed and this client must be updated.",
    });
    expect([status, error.status, error.notBefore]).toEqual([500, undefined, undefined]);
  });
});
