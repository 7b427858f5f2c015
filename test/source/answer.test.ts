/** What each answer of the source means, and in which words it is told. */
import { describe, expect, it } from "vitest";
import { type Answer, classifyAnswer, classifyNoAnswer, readErrors } from "../../lambda/source/answer.ts";
import { TransportError, type TransportFault } from "../../lambda/source/transport.ts";
import { emptyPage, errorBody, OFFSET, TOKEN } from "./scripted.ts";

const NOON = "2026-05-01T12:00:00.000Z";
const headers = { date: "Fri, 01 May 2026 12:00:00 GMT", "retry-after": "7" };
const classify = (status: number, body = "", offset: string | null = null): Answer =>
  classifyAnswer({ status, headers, body: Buffer.from(body) }, offset, TOKEN);

describe("status 200", () => {
  it("with a page is that page", () => {
    expect(classify(200, emptyPage)).toStrictEqual({ kind: "page", events: [], offset: null, servedAt: NOON });
  });

  it("with anything else is no page, and may be asked again whenever", () => {
    expect(classify(200, "{}")).toStrictEqual({
      kind: "retryable",
      errorKind: "invalid-response",
      what: "answered something that is not a page (data is missing)",
      status: 200,
      retryAfter: undefined,
      servedAt: NOON,
    });
  });
});

it.each([201, 204, 299])("success of another kind (%i) is no page either, whatever it holds", (status) => {
  expect(classify(status, emptyPage)).toMatchObject({
    kind: "retryable",
    errorKind: "invalid-response",
    what: `answered something that is not a page (status ${status})`,
  });
});

it.each([300, 301, 399])("%i is a redirect", (status) => {
  expect(classify(status)).toMatchObject({ kind: "failed", error: { kind: "invalid-response", status } });
});

it.each([
  [429, "asks for fewer requests (429)"],
  [408, "failed (408)"],
  [500, "failed (500)"],
  [599, "failed (599)"],
])("%i may pass, and the source's word on when is kept", (status, what) => {
  const plain = { kind: "retryable", errorKind: "unavailable", what, status, retryAfter: "7", servedAt: NOON };
  expect(classify(status)).toStrictEqual(plain);
  const body = JSON.stringify({ errors: [{ message: "Server Error" }, { phrase: `6 sad squid ${TOKEN}` }] });
  expect(classify(status, body)).toMatchObject({
    ...plain,
    phrase: expect.stringMatching(/^6 sad squid (?!.*secret)/),
  });
});

it("401 may be for a token that was renewed meanwhile, and everything else is for good", () => {
  expect(classify(401, errorBody("Not Authorized"))).toMatchObject({
    kind: "unauthorized",
    error: { message: 'the source does not accept the token (401, "Not Authorized")' },
  });
  for (const status of [400, 402, 403, 404, 451, 499]) {
    expect(classify(status, errorBody("No"))).toMatchObject({
      kind: "failed",
      error: { kind: "refused", status, message: expect.stringMatching(/, "No"\)$/) },
    });
  }
});

it("a refusal without a message, or without an envelope, has none", () => {
  for (const body of ["", "<html>", '{"errors":[]}', '{"errors":[{"help":"x"}]}']) {
    expect(classify(403, body)).toMatchObject({
      error: { message: "the token may not read this workspace's audit log (403)" },
    });
  }
});

describe("a refused offset", () => {
  it.each([
    ["offset: Your PAGINATION TOKEN has EXPIRED.", "expired"],
    ["offset: Your Pagination Token is INVALID.", "invalid"],
    ["Results were TRUNCATED.", "truncated"],
  ])("is known by the words %j", (message, reason) => {
    expect(classify(400, errorBody(message), OFFSET)).toEqual({ kind: "offset-refused", reason });
  });

  it("is known by any message of several, and by what that one says", () => {
    const of = (...messages: (string | undefined)[]) =>
      classify(400, JSON.stringify({ errors: messages.map((message) => ({ message })) }), OFFSET);
    expect(of(undefined, "The plan has expired", "The pagination token is invalid")).toEqual({
      kind: "offset-refused",
      reason: "invalid",
    });
    expect(of("The pagination token is invalid", "It was truncated")).toMatchObject({ reason: "truncated" });
    expect(of("The plan has expired", "An invalid date")).toMatchObject({ kind: "failed" });
    expect(of("The pagination token is odd")).toMatchObject({ kind: "failed" });
  });

  it("is none with another status, or where no offset was sent", () => {
    const body = errorBody("The pagination token has expired");
    expect(classify(403, body, OFFSET)).toMatchObject({ kind: "failed", error: { status: 403 } });
    expect(classify(400, body)).toMatchObject({ kind: "failed", error: { status: 400 } });
  });
});

it("neither the token nor the offset is repeated in a message", () => {
  for (const offset of [OFFSET, null]) {
    const { error } = classify(403, errorBody(`You sent ${TOKEN} ${offset}`), offset) as Extract<
      Answer,
      { error: Error }
    >;
    expect(error.message).not.toContain(TOKEN);
    if (offset !== null) expect(error.message).not.toContain(offset);
  }
});

it("where there is no offset, no word is taken for one", () => {
  expect(classify(403, errorBody("a null value"))).toMatchObject({
    error: { message: `the token may not read this workspace's audit log (403, "a null value")` },
  });
});

it("the source's clock is not known where it did not tell the time, or not as HTTP does", () => {
  for (const headers of [{}, { date: "yesterday" }] as Readonly<Record<string, string>>[]) {
    expect(classifyAnswer({ status: 500, headers, body: Buffer.alloc(0) }, null, TOKEN)).toMatchObject({
      servedAt: null,
    });
  }
});

describe("no answer", () => {
  it.each<[TransportFault, string]>([
    ["refused", "could not be reached (CODE)"],
    ["no-such-host", "has a host name that does not exist (CODE)"],
    ["proxy", "could not be reached through the proxy (CODE)"],
    ["reset", "broke the connection off (CODE)"],
    ["timeout", "did not answer in time (CODE)"],
    ["truncated", "sent an answer that is cut or damaged (CODE)"],
  ])("for the reason %s may pass", (fault, what) => {
    expect(classifyNoAnswer(new TransportError(fault, "CODE"))).toStrictEqual({
      kind: "retryable",
      errorKind: "unavailable",
      what,
      retryAfter: undefined,
      servedAt: null,
    });
  });

  it.each<[TransportFault, string, string]>([
    ["headers-too-large", "invalid-response", "the source sent headers beyond the size limit (CODE)"],
    ["tls", "unavailable", "the source could not be reached securely (CODE)"],
  ])("for the reason %s is for good", (fault, kind, message) => {
    expect(classifyNoAnswer(new TransportError(fault, "CODE"))).toMatchObject({
      kind: "failed",
      error: { kind, message },
    });
  });
});

it("an answer that is too large is an answer, since fewer events or more bytes may be asked for", () => {
  expect(classifyNoAnswer(new TransportError("too-large", "more than 5 bytes"))).toStrictEqual({ kind: "too-large" });
});

const read = (text: string) => readErrors(Buffer.from(text));

describe("an error answer", () => {
  it("is read as its errors, with what is text of each", () => {
    const errors = [{ message: "Gone", phrase: "6 sad squid", help: "x" }, { message: 1, phrase: [] }, {}];
    expect(read(JSON.stringify({ errors }))).toStrictEqual([{ message: "Gone", phrase: "6 sad squid" }, {}, {}]);
  });

  it("may hold things that are no errors", () => {
    expect(read('{"errors":[null,5,"Gone",{"message":"Gone"}]}')).toStrictEqual([{ message: "Gone" }]);
  });

  it.each(["", "<html>", "null", "5", '"errors"', "[]", "{}", '{"errors":null}', '{"errors":{}}', '{"errors":"Gone"}'])(
    "has none when it is %j",
    (text) => {
      expect(read(text)).toStrictEqual([]);
    },
  );

  it("has none when it is longer than 64 KiB", () => {
    const text = '{"errors":[{"message":"Gone"}]}';
    expect(read(text.padEnd(65_536))).toStrictEqual([{ message: "Gone" }]);
    expect(read(text.padEnd(65_537))).toStrictEqual([]);
  });
});
