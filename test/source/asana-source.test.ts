import { describe, expect, it } from "vitest";
import { TransportError, type TransportFault } from "../../lambda/source/transport.ts";
import { createVirtualClock } from "../fakes/clock.ts";
import { emptyPage, errorBody, OFFSET, scriptedSource, startMs, TOKEN } from "./scripted.ts";

const busy = (retryAfter?: string, date?: string) => ({
  status: 429,
  headers: { ...(retryAfter !== undefined && { "retry-after": retryAfter }), ...(date !== undefined && { date }) },
  body: errorBody("You have made too many requests recently. Please, be chill."),
});
const pageBody = '{"data":[{"gid":"1","created_at":"2026-05-01T08:59:00.000Z"}],"next_page":{"offset":"next"}}';

describe("a page", () => {
  it("has its events, the offset, the source's clock and its size", async () => {
    const { ask } = scriptedSource([{ headers: { date: "Fri, 01 May 2026 09:00:07 GMT" }, body: pageBody }]);
    expect(await ask()).toMatchObject({
      kind: "page",
      events: [{ id: "1", day: "2026-05-01" }],
      offset: "next",
      servedAt: "2026-05-01T09:00:07.000Z",
    });
  });

  it("tells no clock when the source sent none, or one that cannot be read", async () => {
    const { ask } = scriptedSource([{}, { headers: { date: "yesterday" } }]);
    expect(await ask()).toMatchObject({ servedAt: null });
    expect(await ask()).toMatchObject({ servedAt: null });
  });

  it("is asked for at the API, with the token, and never where a page points to", async () => {
    const body = '{"data":[],"next_page":{"offset":"b","uri":"https://evil.test/x?offset=c","path":"/api/1.0/y"}}';
    const { ask, requests } = scriptedSource([{ body }]);
    const page = await ask();
    await ask({ offset: "offset" in page && page.offset !== null ? page.offset : "" });
    expect(requests.map(({ url }) => url.href)).toEqual([
      "https://asana.test/api/1.0/workspaces/1201/audit_log_events",
      "https://asana.test/api/1.0/workspaces/1201/audit_log_events?offset=b",
    ]);
    expect(requests[0]?.headers).toEqual({
      accept: "application/json",
      authorization: `Bearer ${TOKEN}`,
      "user-agent": "asana-audit-archive",
    });
  });

  it("has the limit that the request asks for, and else none", async () => {
    const { ask, requests } = scriptedSource([{}]);
    await ask();
    await ask({ limit: 7 });
    expect(requests.map(({ url }) => url.search)).toEqual(["", "?limit=7"]);
  });

  it("may be one that no JSON content type was sent for", async () => {
    const { ask } = scriptedSource([{ headers: { "content-type": "text/html" } }]);
    expect(await ask()).toMatchObject({ kind: "page" });
  });
});

describe("an offset", () => {
  it.each([
    ["offset: Your pagination token has expired.", "expired"],
    ["offset: Your pagination token is invalid.", "invalid"],
    ["The result set is too large and was truncated.", "truncated"],
  ])("that the source answers %j to is refused, without another request", async (message, reason) => {
    const { ask, requests } = scriptedSource([{ status: 400, body: errorBody(message) }]);
    expect(await ask({ offset: OFFSET })).toEqual({ kind: "offset-refused", reason });
    expect(requests.length).toBe(1);
  });

  it("is not what any other 400 is about", async () => {
    const { fail } = scriptedSource([
      { status: 400, body: errorBody("start_at: Not a valid date") },
      { status: 400, body: "<html>" },
      { status: 400, body: errorBody("offset: Your pagination token has expired.") },
      { status: 400, body: errorBody("The result set is too large and was truncated.") },
    ]);
    for (const request of [{ offset: OFFSET }, { offset: OFFSET }, {}, {}]) {
      expect(await fail(request)).toMatchObject({ kind: "refused", status: 400 });
    }
  });
});

describe("a refusal", () => {
  it.each([
    [400, "workspace: Not a recognized ID: 1201", /parameter \(400, "workspace: Not a recognized ID: 1201"\)/],
    [402, "Upgrade", /plan/],
    [403, "Forbidden", /may not read/],
    [404, "workspace: Unknown object: 1201", /does not know the workspace/],
    [451, "", /country/],
    [405, "", /refuses the request \(405\)/],
    [412, "", /refuses the request \(412\)/],
    [424, "", /refuses the request \(424\)/],
  ])("with %i ends the run at once and says what to do", async (status, message, cause) => {
    const { fail, requests } = scriptedSource([{ status, body: errorBody(message) }]);
    const error = await fail();
    expect(error).toMatchObject({ name: "ArchiverError", kind: "refused", status });
    expect(error.message).toMatch(cause);
    expect(error.advice).toMatch(/^[A-Z].*\.$/s);
    expect(requests.length).toBe(1);
  });

  it.each([301, 302, 303, 304, 307, 308])(
    "a redirect (%i) is an invalid response, and is not followed",
    async (status) => {
      const { fail, requests } = scriptedSource([{ status, headers: { location: "https://evil.test/" } }]);
      expect(await fail()).toMatchObject({ kind: "invalid-response", status });
      expect(requests.length).toBe(1);
    },
  );
});

describe("the pace", () => {
  it("waits out Retry-After and half a second, then goes on", async () => {
    const { ask, requests, logs } = scriptedSource([busy("30"), busy("1.5"), {}]);
    expect(await ask()).toMatchObject({ kind: "page" });
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 30_500, 32_500]);
    expect(logs.map(({ level }) => level)).toEqual(["info", "info"]);
  });

  it("reads a date in Retry-After on the source's clock, not on ours", async () => {
    const { ask, requests } = scriptedSource([
      busy("Fri, 01 May 2026 12:00:10 GMT", "Fri, 01 May 2026 12:00:00 GMT"),
      {},
    ]);
    await ask();
    expect(requests[1]?.atMs).toBe(10_500);
  });

  it("tells each wait before it, and whether the source has asked for it", async () => {
    const named = { status: 429, headers: { "retry-after": "52" } };
    const { ask, waits } = scriptedSource([named, { status: 503 }, {}]);
    await ask();
    expect(waits).toEqual([
      [52_500, true],
      [2_000, false],
    ]);
  });

  it("backs off when 429 names no time", async () => {
    const { ask, requests } = scriptedSource([busy(), busy("later"), {}]);
    await ask();
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 1_000, 3_000]);
  });

  it("honours Retry-After of a server error, too", async () => {
    const { ask, requests } = scriptedSource([{ status: 503, headers: { "retry-after": "5" } }, {}]);
    await ask();
    expect(requests[1]?.atMs).toBe(5_500);
  });

  it("holds for every request of the source, whichever was told to wait", async () => {
    const { ask, requests } = scriptedSource([{}, busy("30"), {}]);
    await Promise.all([ask({ offset: "a" }), ask({ offset: "b" }), ask({ offset: "c" }), ask({ offset: "d" })]);
    // c and d had not been sent when b was told; the earliest comes back exactly when the time has passed.
    expect(requests.slice(2).every(({ atMs }) => atMs >= 30_540)).toBe(true);
    expect(requests.length).toBe(5);
  });

  it("starts 25 requests a second and no more", async () => {
    const { ask, requests } = scriptedSource([{}]);
    await Promise.all(Array.from({ length: 51 }, () => ask()));
    expect(requests.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 51 }, (_, i) => i * 40));
  });

  it("ends the run when Retry-After is further away than it would wait, and says until when", async () => {
    const { fail, requests } = scriptedSource([busy("3600")]);
    expect(await fail()).toMatchObject({ kind: "unavailable", notBefore: startMs + 3_600_500 });
    expect(await fail()).toMatchObject({ kind: "unavailable", notBefore: startMs + 3_600_500 });
    expect(requests.length).toBe(1);
  });

  it("ends the run when it is aborted while it waits for that time, and says until when", async () => {
    const clock = createVirtualClock(startMs);
    const { fail } = scriptedSource([busy("30")], { clock });
    const abort = new AbortController();
    const failed = fail({}, abort.signal);
    await clock.advance(1_000);
    abort.abort("out of time");
    expect(await failed).toMatchObject({ kind: "unavailable", notBefore: startMs + 30_500 });
    expect(clock.sleeping).toBe(0);
  });

  it("gives up after the last attempt, still naming the time", async () => {
    const { fail, requests } = scriptedSource([busy("1")], { settings: { maxAttempts: 3 } });
    expect(await fail()).toMatchObject({ kind: "unavailable", status: 429, notBefore: startMs + 4_500 });
    expect(requests.length).toBe(3);
  });
});

describe("a fault of the source", () => {
  it.each<[string, number]>([
    ["500", 500],
    ["502 with HTML", 502],
    ["503", 503],
    ["504", 504],
    ["408", 408],
  ])("%s is asked again with growing waits, and is unavailable in the end", async (_, status) => {
    const { fail, requests } = scriptedSource([{ status, body: "<html>" }]);
    expect(await fail()).toMatchObject({ kind: "unavailable", status });
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  });

  it.each<TransportFault>(["refused", "reset", "timeout", "truncated"])("%s is asked again", async (fault) => {
    const { ask, requests } = scriptedSource([new TransportError(fault, "CODE"), {}]);
    expect(await ask()).toMatchObject({ kind: "page" });
    expect(requests.length).toBe(2);
    const lasting = await scriptedSource([new TransportError(fault, "CODE")]).fail();
    expect(lasting).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/\(CODE\), on attempt 6 of 6$/),
    });
  });

  it.each<[TransportFault, string]>([
    ["headers-too-large", "invalid-response"],
    ["tls", "unavailable"],
  ])("%s would be the same again, so it is not asked again", async (fault, kind) => {
    const { fail, requests } = scriptedSource([new TransportError(fault, "CODE")]);
    expect(await fail()).toMatchObject({ kind, message: expect.stringContaining("CODE") });
    expect(requests.length).toBe(1);
  });

  it.each([
    ["HTML", { body: "<html>Sign in</html>" }],
    ["half a page", { body: emptyPage.slice(0, 12) }],
    ["no data", { body: "{}" }],
    ["data null", { body: '{"data":null,"next_page":null}' }],
    ["an errors envelope", { body: errorBody("no") }],
    ["one broken event", { body: '{"data":[{"gid":"1"},5x],"next_page":null}' }],
    ["no content", { status: 204, body: "" }],
  ])("an answer that is not a page (%s) is asked for again, and is an invalid response in the end", async (_, step) => {
    const once = scriptedSource([step, {}]);
    expect(await once.ask()).toMatchObject({ kind: "page" });
    const { fail, requests } = scriptedSource([step], { settings: { maxAttempts: 4 } });
    expect(await fail()).toMatchObject({ kind: "invalid-response" });
    expect(requests.length).toBe(4);
  });

  it("is asked for as often as the request says, in place of the setting", async () => {
    for (const attempts of [1, 3, 8]) {
      const { fail, requests } = scriptedSource([{ status: 500 }]);
      const words = `on attempt ${attempts} of ${attempts}`;
      expect(await fail({ attempts })).toMatchObject({ kind: "unavailable", message: expect.stringContaining(words) });
      expect(requests.length).toBe(attempts);
      expect(requests[0]!.url.search).toBe("");
    }
  });

  it("is too large, and that is told after one request", async () => {
    const { ask, requests, logs } = scriptedSource([new TransportError("too-large", "more than 5 bytes")]);
    expect(await ask({ maxBytes: 5 })).toStrictEqual({ kind: "too-large" });
    expect(requests).toMatchObject([{ maxBytes: 5, url: { search: "" } }]);
    expect(logs).toEqual([]);
  });

  it("has the transport's own limit when the request names none", async () => {
    const { ask, requests } = scriptedSource([{}]);
    await ask();
    expect(requests[0]).not.toHaveProperty("maxBytes");
  });

  it("is judged by the last attempt when they differ", async () => {
    const { fail } = scriptedSource([{ body: "<html>" }, { status: 500 }], { settings: { maxAttempts: 2 } });
    expect(await fail()).toMatchObject({ kind: "unavailable", status: 500 });
  });

  it("that is none of the source's, but an error of ours, is thrown as it is", async () => {
    const { fail } = scriptedSource([new TypeError("a bug")]);
    expect(await fail()).toBeInstanceOf(TypeError);
  });

  it("is logged with what happened, the attempt and the wait, as a warning unless it is about the pace", async () => {
    const phrase = "6 sad squid";
    const { ask, logs } = scriptedSource([{ status: 500, body: errorBody("No", { phrase }) }, busy("2"), {}]);
    await ask();
    expect(logs).toEqual([
      {
        level: "warn",
        message: "the source failed (500); asking again",
        fields: { status: 500, phrase, attempt: 1, delayMs: 1_000 },
      },
      {
        level: "info",
        message: "the source asks for fewer requests (429); asking again",
        fields: { status: 429, phrase: undefined, attempt: 2, delayMs: 2_500 },
      },
    ]);
  });

  it("is waited out by the request that met it, and by no other", async () => {
    const clock = createVirtualClock(startMs);
    const { ask, requests } = scriptedSource([{ status: 500 }, {}], { clock });
    const first = ask({ offset: "a" });
    await clock.advance(500);
    const second = ask({ offset: "b" });
    await clock.advance(0);
    expect(await second).toMatchObject({ kind: "page" });
    await clock.advance(500);
    expect(await first).toMatchObject({ kind: "page" });
    expect(requests.map(({ url, atMs }) => [url.searchParams.get("offset"), atMs])).toEqual([
      ["a", 0],
      ["b", 500],
      ["a", 1_000],
    ]);
  });

  it("is no longer waited for when the run is aborted", async () => {
    const clock = createVirtualClock(startMs);
    const { ask } = scriptedSource([{ status: 500 }], { clock });
    const abort = new AbortController();
    const asked = ask({}, abort.signal);
    await clock.advance(500);
    abort.abort("out of time");
    await expect(asked).rejects.toBe("out of time");
    await expect(ask({}, abort.signal)).rejects.toBe("out of time");
  });
});
