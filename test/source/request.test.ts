import { describe, expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import type { PageRequest } from "../../lambda/ports.ts";
import { ASANA_BASE_URL, parseBaseUrl } from "../../lambda/source/base-url.ts";
import { pageUrl } from "../../lambda/source/request.ts";

const base = parseBaseUrl(ASANA_BASE_URL);
const urlOf = (request: Partial<PageRequest>) => pageUrl(base, { workspace: "1201", ...request }).href;
const prefix = "https://app.asana.com/api/1.0/workspaces/1201/audit_log_events";

describe("the URL of a page", () => {
  it("has no parameter that was not asked for, and no empty offset on a first call", () => {
    expect(urlOf({})).toBe(prefix);
  });

  it("has every parameter of the operation under its name", () => {
    const url = new URL(
      urlOf({
        startAt: "2026-05-01T00:00:00.000Z" as Instant,
        endAt: "2026-05-02T00:00:00.000Z" as Instant,
        eventType: "user_login_succeeded",
        actorGid: "11",
        resourceGid: "12",
        limit: 100,
        offset: "a.b-c_d",
      }),
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      start_at: "2026-05-01T00:00:00.000Z",
      end_at: "2026-05-02T00:00:00.000Z",
      event_type: "user_login_succeeded",
      actor_gid: "11",
      resource_gid: "12",
      limit: "100",
      offset: "a.b-c_d",
    });
    expect(urlOf({ actorType: "asana_support" })).toBe(`${prefix}?actor_type=asana_support`);
  });

  it("escapes what a query would read otherwise, plus signs included", () => {
    expect(urlOf({ offset: "a+b/c=d&e f%#é" })).toBe(`${prefix}?offset=a%2Bb%2Fc%3Dd%26e+f%25%23%C3%A9`);
    expect(new URL(urlOf({ offset: "a+b c&d" })).searchParams.get("offset")).toBe("a+b c&d");
  });

  it("widens a window that is finer than a millisecond, on both sides", () => {
    const window = { startAt: "2026-05-01T00:00:00.1239Z" as Instant, endAt: "2026-05-01T23:59:59.9991Z" as Instant };
    const { searchParams } = new URL(urlOf(window));
    expect(searchParams.get("start_at")).toBe("2026-05-01T00:00:00.123Z");
    expect(searchParams.get("end_at")).toBe("2026-05-02T00:00:00.000Z");
  });

  it("keeps the base's path, with or without a slash at its end", () => {
    for (const text of ["http://127.0.0.1:8080/api/1.0", "http://127.0.0.1:8080/api/1.0/"]) {
      expect(pageUrl(parseBaseUrl(text), { workspace: "1" }).href).toBe(
        "http://127.0.0.1:8080/api/1.0/workspaces/1/audit_log_events",
      );
    }
    expect(pageUrl(parseBaseUrl("http://[::1]:80"), { workspace: "1" }).pathname).toBe(
      "/workspaces/1/audit_log_events",
    );
  });

  it.each<[string, Partial<PageRequest>]>([
    ["a workspace that is not digits", { workspace: "12a" }],
    ["a workspace that leaves its path", { workspace: "../users" }],
    ["an empty workspace", { workspace: "" }],
    ["an empty event type", { eventType: "" }],
    ["an actor's gid that is not digits", { actorGid: "me" }],
    ["a resource's gid that is not digits", { resourceGid: "x" }],
    ["a limit of zero", { limit: 0 }],
    ["a limit beyond the largest page", { limit: 1_001 }],
    ["a limit that is no whole number", { limit: 1.5 }],
    ["an empty offset", { offset: "" }],
    ["an offset with a line feed", { offset: "a\nb" }],
  ])("is not made for %s", (_, request) => {
    expect(() => urlOf(request)).toThrow(
      expect.objectContaining({ kind: "misconfigured", advice: expect.any(String) }),
    );
  });
});

describe("what is misconfigured is said, with what to give instead", () => {
  const offsetAdvice = "Give the offset of an earlier page as it was, or leave it out.";
  it.each<[Partial<PageRequest>, string, string]>([
    [
      { workspace: "x1" },
      "the workspace gid is not a number",
      'Give the workspace\'s gid, a number: it is the "Domain ID" in the settings of the admin console.',
    ],
    [{ actorGid: "1x" }, "the actor gid is not a number", "Give the actor's gid, a number."],
    [{ resourceGid: "x1" }, "the resource gid is not a number", "Give the resource's gid, a number."],
    [{ eventType: "" }, "the event type is empty or too long", "Give one event type, or leave it out."],
    [{ actorType: "x".repeat(257) }, "the actor type is empty or too long", "Give one actor type, or leave it out."],
    [{ limit: 0 }, "the limit is not a whole number from 1 to 1000", "Give 1 to 100, or leave it out."],
    [{ offset: "" }, "the offset is empty, longer than 4096 bytes or holds odd characters", offsetAdvice],
  ])("%j: %s", (request, message, advice) => {
    expect(() => urlOf(request)).toThrow(expect.objectContaining({ kind: "misconfigured", message, advice }));
  });

  it("the longest gid, the longest filter, and the smallest and the largest limit are taken", () => {
    const [gid, filter] = ["1".repeat(20), "x".repeat(256)];
    expect(urlOf({ workspace: gid })).toContain(`/${gid}/`);
    expect(() => urlOf({ workspace: `${gid}1` })).toThrow("the workspace gid");
    expect(urlOf({ eventType: filter })).toBe(`${prefix}?event_type=${filter}`);
    expect(urlOf({ limit: 1 })).toBe(`${prefix}?limit=1`);
    expect(urlOf({ limit: 1000 })).toBe(`${prefix}?limit=1000`);
  });

  it("a base may end in several slashes, and hold some", () => {
    const url = pageUrl(new URL("https://example.test/a//b//"), { workspace: "1" });
    expect(url.href).toBe("https://example.test/a//b/workspaces/1/audit_log_events");
  });
});
