/** The demonstration's source: a made-up company's audit log of 90 days, over real HTTP on this machine. */
import { createCompany } from "../../feed/company.ts";
import type { LineDigest } from "../../feed/digest.ts";
import { createFeed } from "../../feed/feed.ts";
import { FEED_TOKEN } from "../../feed/options.ts";
import { serveFeed } from "../../feed/server.ts";
import { DAY_MS } from "../../lambda/event/instant.ts";

export const WORKSPACE = "1201234567890123";
export const TOKEN = FEED_TOKEN;
export const EVENTS = 120_000;
export const PEOPLE = 400;
export const DAYS = 90;

/** From the end of the history to now, and from its begin to what the service forgets: nothing changes by itself. */
const MARGIN_MS = 600_000;

export interface DemoSource {
  readonly baseUrl: string;
  /** Resolves once so many events have been sent in all. */
  whenSent(events: number): Promise<void>;
  requests(): number;
  /** Shows events only now that are a little older than the newest; gives their number. */
  showLate(newest: string): number;
  digest(): LineDigest;
  close(): Promise<void>;
}

export async function startSource(): Promise<DemoSource> {
  const nowMs = Date.now();
  const company = createCompany({
    seed: "demo",
    people: PEOPLE,
    events: EVENTS,
    fromMs: nowMs - DAYS * DAY_MS + MARGIN_MS,
    toMs: nowMs - MARGIN_MS,
    lateRate: 0,
  });
  const feed = createFeed({ workspaces: [{ gid: WORKSPACE, company }], latencyMs: [20, 60] });
  let sent = 0;
  const waiting: { readonly events: number; readonly resolve: () => void }[] = [];
  const handle: typeof feed.handle = (request, at) => {
    const response = feed.handle(request, at);
    sent += response.events;
    for (const { events, resolve } of waiting) if (sent >= events) resolve();
    // Notices of API changes are part of the simulation, and beside the point here.
    const { "asana-change": _, ...headers } = response.headers;
    return { ...response, headers };
  };
  const served = await serveFeed({ ...feed, handle }, { clock: Date });
  return {
    baseUrl: served.baseUrl,
    whenSent: (events) => new Promise((resolve) => waiting.push({ events, resolve })),
    requests: () => feed.requests.length,
    showLate: (newest) => {
      const late = [1, 2, 3].map((ms) => new Date(Date.parse(newest) - ms).toISOString());
      for (const [index, createdAt] of late.entries()) feed.append(WORKSPACE, lateEvent(index, createdAt), Date.now());
      return late.length;
    },
    digest: () => feed.digest(WORKSPACE),
    close: () => served.close(),
  };
}

const lateEvent = (index: number, createdAt: string) => ({
  gid: `1299999999999990${index}`,
  created_at: createdAt,
  event_type: "user_login_failed",
  event_category: "logins",
  actor: { actor_type: "anonymous" },
  resource: { resource_type: "user", gid: "1198000001824874", name: "Somebody", email: "somebody@example.com" },
  details: {},
  context: { context_type: "web", client_ip_address: `203.0.113.${index}`, user_agent: "curl/8.5.0" },
});
