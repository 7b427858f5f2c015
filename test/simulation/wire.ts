/** The stream behind the real client: what comes over the wire, and how the wire fails. */
import { HOUR_MS } from "../../lambda/event/instant.ts";
import type { EventSource, PageRequest } from "../../lambda/ports.ts";
import { createAsanaSource, defaultSourceSettings } from "../../lambda/source/asana-source.ts";
import { type HttpResponse, type Transport, TransportError } from "../../lambda/source/transport.ts";
import type { Process } from "./process.ts";
import { describe, readPage } from "./source-port.ts";
import { type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";

export function createWireSource(stage: Stage, process: Process): EventSource {
  const { random, swarm, time } = stage;
  let token = "token-1";
  let closed = { untilMs: 0, jumps: 0 }; // what this process was told by Retry-After, on its own clock

  const transport: Transport = async ({ url, headers }, signal) => {
    const request = toRequest(url);
    process.checkNotBefore();
    if (process.clock.now() < closed.untilMs && process.clockJumps() === closed.jumps)
      stage.fail(new Violation("Retry-After", `${process.name} comes too early`));
    await process.reach("http", describe(request), signal);
    if (process.strike("source.page")?.kind === "crash") await time.sleep(Number.POSITIVE_INFINITY);
    const response = answer(request, headers["authorization"] ?? "");
    stage.trace.note(`  ${response.status} ${response.body.length}`);
    const seconds = Number(response.headers["retry-after"]);
    if (seconds > 0) closed = { untilMs: process.clock.now() + seconds * 1000, jumps: process.clockJumps() };
    return response;
  };

  function answer(request: PageRequest, authorization: string): HttpResponse {
    const strikes = swarm.strikes;
    if (strikes("http: token renewed")) token = `token-${random.int(1_000_000)}`;
    if (strikes("http: connection reset")) throw new TransportError("reset", "Simulated.");
    if (authorization !== `Bearer ${token}`) return refusal(401, "Not Authorized");
    if (strikes("http: 403 for a while")) return refusal(403, "Forbidden");
    if (strikes("http: 429 with Retry-After")) {
      return refusal(429, "Too many requests", { "retry-after": String(1 + random.int(90)) });
    }
    if (strikes("http: 429 without Retry-After")) return refusal(429, "Too many requests");
    if (strikes("http: 500")) return refusal(500, "Server Error");
    if (strikes("http: 502 as HTML")) return html(502);
    if (strikes("http: 503 with a far Retry-After")) {
      return refusal(503, "Unavailable", { "retry-after": String(3600 * (1 + random.int(30))) });
    }
    if (strikes("http: HTML with 200")) return html(200);
    if (strikes("http: data missing")) return json(200, `{"next_page":null}`);
    const page = readPage(stage, process, request);
    if (page === "unreadable") return json(200, `{"data":[{"gid":`);
    if (page === "failing") return refusal(500, "Server Error");
    if (page.kind !== "page") return refusal(400, `offset: Your pagination token ${PHRASES[page.reason]}.`);
    const next = page.offset === null ? "null" : `{"offset":"${page.offset}","uri":"https://elsewhere.example/"}`;
    const lines = page.events.map(({ line }) => line.toString());
    const spaced = strikes("http: spaced JSON") ? "\r\n  " : "";
    const text = `{${spaced}"data":[${spaced}${lines.join(`,${spaced}`)}],"next_page":${next}}`;
    if (strikes("http: body cut")) return json(200, text.slice(0, random.int(text.length)));
    const date = page.servedAt === null ? {} : { date: new Date(page.servedAt).toUTCString() };
    return json(200, text, date);
  }

  let known = token;
  const tokens = {
    current: async () => known,
    renew: async () => {
      known = token;
      return known;
    },
  };
  const deps = { transport, tokens, clock: process.clock, random: random.next, log: () => undefined };
  return createAsanaSource(deps, {
    ...defaultSourceSettings,
    baseUrl: "https://asana.example/api/1.0",
    maxWaitMs: HOUR_MS / 60,
  });
}

const PHRASES = { expired: "has expired", invalid: "is invalid", truncated: "was truncated" };

function toRequest(url: URL): PageRequest {
  if (url.host !== "asana.example") throw new Violation("one origin", url.host);
  const names = { start_at: "startAt", end_at: "endAt", limit: "limit", offset: "offset" } as const;
  const request: Record<string, unknown> = { workspace: WORKSPACE };
  for (const [name, value] of url.searchParams) {
    const field = names[name as keyof typeof names];
    request[field] = field === "limit" ? Number(value) : value;
  }
  return request as unknown as PageRequest;
}

const json = (status: number, text: string, headers = {}): HttpResponse => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8", ...headers },
  body: Buffer.from(text),
});
const refusal = (status: number, message: string, headers = {}) =>
  json(status, JSON.stringify({ errors: [{ message }] }), headers);
const html = (status: number): HttpResponse => ({ status, headers: {}, body: Buffer.from("<html>Bad gateway</html>") });
