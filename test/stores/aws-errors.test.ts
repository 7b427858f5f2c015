import { describe, expect, it } from "vitest";
import { ArchiverError } from "../../lambda/errors.ts";
import { awsError, awsFault } from "../../lambda/stores/aws-errors.ts";

/** As the SDK throws it: a service's error with a status, or one of the network with a code. */
const sdkError = (name: string, status?: number, code?: string) =>
  Object.assign(new Error("private words"), {
    name,
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
    ...(code !== undefined && { code }),
  });

describe("what an SDK call failed with", () => {
  it.each([
    ["AccessDenied", 403, false],
    ["InternalError", 500, true],
    ["Odd", 599, true],
    ["InternalError", 200, true],
    ["Odd", 299, true],
    ["Odd", 300, false],
    ["Odd", 499, false],
    ["RequestTimeout", 408, true],
    ["Odd", 408, true],
    ["ConditionalRequestConflict", 409, true],
    ["Odd", 429, true],
    ["Odd", 400, false],
    ["ThrottlingException", 400, true],
    ["TooManyRequestsException", 400, true],
    ["SlowDown", 400, true],
    ["RequestLimitExceeded", 400, true],
    ["ProvisionedThroughputExceededException", 400, true],
    ["TransactionInProgressException", 400, true],
  ])("%s with status %d: may it have taken effect? %s", (code, status, isUncertain) => {
    expect(awsFault(sdkError(code, status))).toEqual({ code, status, isUncertain });
  });

  it("without an answer, it is the network's code, and may have taken effect", () => {
    expect(awsFault(sdkError("Error", undefined, "ECONNRESET"))).toEqual({
      code: "ECONNRESET",
      status: null,
      isUncertain: true,
    });
    expect(awsFault(sdkError("TimeoutError"))).toEqual({ code: "TimeoutError", status: null, isUncertain: true });
  });

  it("with an answer, it is the service's code, whatever the network says", () => {
    expect(awsFault(sdkError("AccessDenied", 403, "ECONNRESET")).code).toBe("AccessDenied");
    expect(awsFault(Object.assign(sdkError("Odd"), { code: 7 })).code).toBe("Odd");
  });

  it("an answer that could not be read has the status of its response", () => {
    const error = Object.assign(sdkError("SyntaxError"), { $metadata: {}, $response: { statusCode: 502 } });
    expect(awsFault(error)).toEqual({ code: "SyntaxError", status: 502, isUncertain: true });
  });

  it.each(["CredentialsProviderError", "TokenProviderError", "TypeError", "RangeError"])(
    "%s without an answer was never sent",
    (code) => {
      expect(awsFault(sdkError(code))).toEqual({ code, status: null, isUncertain: false });
      expect(awsFault(sdkError(`${code}X`)).isUncertain).toBe(true);
      expect(awsFault(sdkError(`X${code}`)).isUncertain).toBe(true);
    },
  );

  it("a missing region was never sent, though the SDK gives that error no name", () => {
    const code = "InvalidRegion";
    expect(awsFault(new Error("Region is missing"))).toEqual({ code, status: null, isUncertain: false });
    expect(awsFault(new Error("The Region is missing")).code).toBe("Error");
  });

  it("something thrown that is no error may have taken effect", () => {
    for (const thrown of ["words", null, undefined, { code: "AccessDenied" }]) {
      expect(awsFault(thrown)).toEqual({ code: "unknown", status: null, isUncertain: true });
    }
  });
});

describe("what is told of it", () => {
  it("says what could not be done, where, why, and with which code", () => {
    const cause = sdkError("AccessDenied", 403);
    const error = awsError(cause, "read the object", "s3://bucket/key");
    expect(error).toBeInstanceOf(ArchiverError);
    expect(error).toMatchObject({
      kind: "misconfigured",
      message: "AWS could not read the object (s3://bucket/key): access is denied (403 AccessDenied).",
      cause,
    });
  });

  it("leaves out the status where there is none", () => {
    expect(awsError(sdkError("Error", undefined, "ECONNRESET"), "list", "b")).toMatchObject({
      kind: "unavailable",
      message: "AWS could not list (b): it did not answer, or was too busy (ECONNRESET).",
    });
  });

  it.each([
    ["ENOTFOUND", "the host name no.such.example does not exist", /AWS_REGION/],
    ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate cannot be trusted", /NODE_EXTRA_CA_CERTS/],
    ["ERR_PROXY_TUNNEL", "the proxy did not let it through", /HTTPS_PROXY/],
  ])("a connection that fails with %s is unavailable: %s", (code, cause, advice) => {
    const error = Object.assign(sdkError("Error", undefined, code), { hostname: "no.such.example" });
    expect(awsFault(error).isUncertain).toBe(true);
    expect(awsError(error, "list", "b")).toMatchObject({
      kind: "unavailable",
      message: `AWS could not list (b): ${cause} (${code}).`,
      advice: expect.stringMatching(advice),
    });
  });

  it("is not said twice: an error of ours is handed on", () => {
    const ours = new ArchiverError("halted", "The archive is empty.", { advice: "Look." });
    expect(awsError(ours, "list", "b")).toBe(ours);
  });

  it.each([
    ["ExpiredToken", 400, "it has no valid credentials", /AWS_PROFILE/],
    ["ExpiredToken", 500, "it has no valid credentials", /AWS_PROFILE/],
    ["RequestTimeTooSkewed", 403, "this machine's clock is wrong", /clock/],
    ["NoSuchBucket", 404, "it does not exist", /Check the name/],
    ["ResourceNotFoundException", 400, "it does not exist", /Check the name/],
    ["PermanentRedirect", 301, "the region is missing or wrong", /AWS_REGION/],
    ["Odd", 301, "the region is missing or wrong", /AWS_REGION/],
    ["NotImplemented", 501, "it does not support what it was asked for", /conditional writes/],
    ["KMS.DisabledException", 400, "its encryption key cannot be used", /key is enabled/],
    ["KMSInvalidStateException", 400, "its encryption key cannot be used", /key is enabled/],
    ["AccessDeniedException", 400, "access is denied", /policy/],
    ["Odd", 403, "access is denied", /policy/],
    ["XKMS", 400, "it refuses the request", /Look up the error code/],
    ["Odd", 400, "it refuses the request", /Look up the error code/],
  ])("%s with status %d is misconfigured: %s", (code, status, cause, advice) => {
    expect(awsError(sdkError(code, status), "read", "b")).toMatchObject({
      kind: "misconfigured",
      message: `AWS could not read (b): ${cause} (${status} ${code}).`,
      advice: expect.stringMatching(advice),
    });
  });
});
