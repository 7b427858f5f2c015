import { describe, expect, it } from "vitest";
import type { TokenProvider } from "../../lambda/source/asana-source.ts";
import { TransportError } from "../../lambda/source/transport.ts";
import { errorBody, OFFSET, scriptedSource, shown, TOKEN } from "./scripted.ts";

const unauthorized = { status: 401, body: errorBody("Not Authorized") };

function provider(tokens: readonly string[]): TokenProvider & { readonly renewals: () => number } {
  let index = 0;
  let renewals = 0;
  return {
    current: async () => tokens[index] ?? "",
    renew: async () => {
      renewals++;
      if (index + 1 >= tokens.length) return null;
      return tokens[++index] ?? null;
    },
    renewals: () => renewals,
  };
}

const sent = (requests: readonly { headers: Readonly<Record<string, string>> }[]) =>
  requests.map(({ headers }) => headers["authorization"]);

describe("a token that the source does not accept", () => {
  it("ends the run after one request when there is no newer one", async () => {
    const tokens = provider(["old"]);
    const { fail, requests } = scriptedSource([unauthorized], { tokens });
    expect(await fail()).toMatchObject({ kind: "refused", status: 401, message: expect.stringContaining("token") });
    expect(sent(requests)).toEqual(["Bearer old"]);
    expect(tokens.renewals()).toBe(1);
  });

  it("is replaced once by the renewed one", async () => {
    const { ask, requests, logs } = scriptedSource([unauthorized, {}], { tokens: provider(["old", "new"]) });
    expect(await ask()).toMatchObject({ kind: "page" });
    await ask();
    expect(sent(requests)).toEqual(["Bearer old", "Bearer new", "Bearer new"]);
    const message = "the token was not accepted; trying with the renewed one";
    expect(logs).toEqual([{ level: "info", message, fields: {} }]);
  });

  it("is not renewed for any refusal but that of the token", async () => {
    const tokens = provider(["old", "new"]);
    const { fail, requests } = scriptedSource([{ status: 403 }], { tokens });
    expect(await fail()).toMatchObject({ kind: "refused", status: 403 });
    expect(sent(requests)).toEqual(["Bearer old"]);
    expect(tokens.renewals()).toBe(0);
  });

  it("ends the run when the renewed one is not accepted either, however many there are", async () => {
    const tokens = provider(["a", "b", "c", "d"]);
    const { fail, requests } = scriptedSource([unauthorized], { tokens });
    expect(await fail()).toMatchObject({ kind: "refused", status: 401 });
    expect(sent(requests)).toEqual(["Bearer a", "Bearer b"]);
    expect(tokens.renewals()).toBe(1);
  });

  it("ends the run when the renewed one is the same", async () => {
    const tokens = { current: async () => "old", renew: async () => "old" };
    const { fail, requests } = scriptedSource([unauthorized], { tokens });
    expect(await fail()).toMatchObject({ kind: "refused", status: 401 });
    expect(sent(requests)).toEqual(["Bearer old"]);
  });

  it("is renewed once for all requests that were under way with it", async () => {
    const tokens = provider(["old", "new"]);
    const { ask, requests } = scriptedSource([unauthorized, unauthorized, unauthorized, {}], { tokens });
    await Promise.all([ask(), ask(), ask()]);
    expect(sent(requests)).toEqual([...Array(3).fill("Bearer old"), ...Array(3).fill("Bearer new")]);
    expect(tokens.renewals()).toBe(1);
  });

  it("is not renewed when somebody else has done it meanwhile", async () => {
    let current = "old";
    const tokens = {
      current: async () => current,
      renew: () => Promise.reject(new Error("nobody should ask")),
    };
    const { ask, requests } = scriptedSource([unauthorized, {}], { tokens });
    const asked = ask();
    current = "new";
    expect(await asked).toMatchObject({ kind: "page" });
    expect(sent(requests)).toEqual(["Bearer old", "Bearer new"]);
  });

  it("does not use up an attempt", async () => {
    const steps = [{ status: 500 }, unauthorized, { status: 500 }, {}];
    const { ask } = scriptedSource(steps, { tokens: provider(["old", "new"]), settings: { maxAttempts: 2 } });
    expect(await ask()).toMatchObject({ kind: "page" });
  });

  it("is not asked to be renewed again by later requests", async () => {
    const tokens = provider(["old"]);
    const { fail } = scriptedSource([unauthorized], { tokens });
    await fail();
    await fail();
    expect(tokens.renewals()).toBe(1);
  });
});

describe("a token", () => {
  it.each(["", "a b", "a\nb", "tök"])(
    "that no header can carry (%j) is misconfigured, and is not shown",
    async (token) => {
      const { fail, requests } = scriptedSource([{}], { tokens: provider([token]) });
      const error = await fail();
      expect(error).toMatchObject({
        kind: "misconfigured",
        message: "the token is empty or holds characters that no token has",
        advice: "Give the token alone, on one line, as Asana shows it.",
      });
      if (token !== "") expect(shown(error)).not.toContain(token);
      expect(requests.length).toBe(0);
    },
  );

  const echo = `${TOKEN} ${encodeURIComponent(TOKEN)} ${OFFSET} ${encodeURIComponent(OFFSET)}`;
  it.each([
    ["a refusal", { status: 403, body: errorBody(`You sent ${echo}`) }],
    ["a bad request", { status: 400, body: errorBody(echo) }],
    ["a server error", { status: 500, body: errorBody("Server Error", { phrase: echo }) }],
    ["something that is not a page", { body: `<html>${echo}</html>` }],
    ["a broken connection", new TransportError("reset", "ECONNRESET")],
    ["headers that are too large", new TransportError("headers-too-large", "HPE_HEADER_OVERFLOW")],
    ["a redirect", { status: 302, headers: { location: `https://evil.test/${echo}` } }],
    ["401", { status: 401, body: errorBody(echo) }],
  ])("and an offset are in no error and no log, even if the source echoes them: %s", async (_, step) => {
    const { fail, logs } = scriptedSource([step], { settings: { maxAttempts: 2 } });
    const error = await fail({ offset: OFFSET });
    for (const secret of [TOKEN, encodeURIComponent(TOKEN), OFFSET, encodeURIComponent(OFFSET)]) {
      expect(shown(error)).not.toContain(secret);
      expect(shown(logs)).not.toContain(secret);
    }
  });
});
