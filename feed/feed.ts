import { errorAnswer, type FeedAnswer, type FeedResponse, rateLimitAnswer, usualHeaders } from "./answers.ts";
import type { LoggedEvent } from "./company.ts";
import type { LineDigest } from "./digest.ts";
import { chooseFault, type FeedFault } from "./faults.ts";
import { createRateLimiter, type RateLimiter } from "./limits.ts";
import { createEventLog, type EventLog } from "./log.ts";
import { createOffsetBook } from "./offset.ts";
import { defaultSwitches, FEED_WORKSPACE, type FeedOptions, type FeedSwitches } from "./options.ts";
import { answerPage } from "./page.ts";
import { damagedPage, replacedAnswer, wireFault } from "./play-fault.ts";
import { createRandom } from "./random.ts";
import { type FeedRequest, type ParsedRequest, parseRequest } from "./request.ts";
import type { LoggedRequest } from "./request-log.ts";
import { cacheTables } from "./table.ts";
import { digestOf, placeIn, type TruthRange, within } from "./truth.ts";

/** A simulated Asana audit log. It is pure: it uses no socket, timer, clock or randomness of its own. */
export interface Feed {
  handle(request: FeedRequest, nowMs: number): FeedResponse;
  /**
   * Puts an event into a workspace's log: its exact JSON on one line, or an object. It stands in the stream at `atMs`
   * (default: its `created_at`, or `visibleAtMs` if that cannot be read) and shows from `visibleAtMs` (default `atMs`).
   */
  append(workspace: string, event: string | Buffer | object, visibleAtMs?: number, atMs?: number): void;
  /** Changes switches while the feed runs. */
  change(switches: Partial<FeedSwitches>): void;
  readonly switches: FeedSwitches;
  /** The requests so far, the oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** The truth: the exact bytes of each event, in stream order. */
  lines(workspace: string, range?: TruthRange): Generator<LoggedEvent>;
  /** The truth in 32 bytes, for comparing with what was archived. */
  digest(workspace: string, range?: TruthRange): LineDigest;
  /** Generates now as much as the cache can hold, so that no answer has to wait for it. */
  warm(): void;
}

interface Workspace {
  readonly log: EventLog;
  readonly plan: "enterprise" | "basic";
  readonly warm: () => void;
}

const DEFAULT_CACHE_BYTES = 256 * 1024 * 1024;

export function createFeed(options: FeedOptions = {}): Feed {
  const { seed = 1, workspaces: wanted, cacheBytes = DEFAULT_CACHE_BYTES, keepRequests = 100_000, ...given } = options;
  let switches: FeedSwitches = { ...defaultSwitches, ...given };
  const book = createOffsetBook(`feed ${seed}`);
  const workspaces = openWorkspaces(wanted ?? [{ gid: FEED_WORKSPACE }], cacheBytes);
  const limiters = new Map<string, RateLimiter>();
  const requests: LoggedRequest[] = [];
  let requestCount = 0;
  let appendCount = 0;
  const logOf = (gid: string): EventLog => {
    const workspace = workspaces.get(gid);
    if (workspace === undefined) throw new RangeError(`The feed has no workspace ${gid}.`);
    return workspace.log;
  };

  /** The refusal of a request that is not allowed, checked in the order of the service's layers; null if it is allowed. */
  const refusal = (request: FeedRequest, target: ParsedRequest, nowMs: number): FeedAnswer | null => {
    const { workspace: gid, token } = target;
    if (gid === null || request.method !== "GET") return errorAnswer(404, "No matching route for request");
    if (token === null || !Object.hasOwn(switches.tokens, token)) return errorAnswer(401, "Not Authorized");
    const limiter = limiters.get(token) ?? createRateLimiter();
    limiters.set(token, limiter);
    const waitSeconds = switches.limits === null ? null : limiter.admit(switches.limits, nowMs, request.open ?? 0);
    if (waitSeconds !== null) return rateLimitAnswer(String(waitSeconds));
    if (!/^\d+$/.test(gid)) return errorAnswer(400, `workspace: Not a recognized ID: ${gid}`);
    const workspace = workspaces.get(gid);
    if (workspace === undefined) return errorAnswer(404, `workspace: Unknown object: ${gid}`);
    if (switches.tokens[token] !== "full") return errorAnswer(403, "You do not have access to this workspace.");
    if (workspace.plan === "basic") return errorAnswer(402, "Audit logs are only available for Enterprise workspaces.");
    return null;
  };
  const page = (target: ParsedRequest, nowMs: number, number: number, fault: FeedFault | null): FeedAnswer => {
    const gid = target.workspace ?? "";
    const asked = { number, nowMs, workspace: gid, parameters: target.parameters, fault };
    return damagedPage(fault, answerPage({ seed, log: logOf(gid), book, switches }, asked));
  };

  return {
    handle: (request, nowMs) => {
      const number = ++requestCount;
      const fault = chooseFault(switches.faults, seed, number);
      const target = parseRequest(request);
      const answer =
        refusal(request, target, nowMs) ?? replacedAnswer(fault, number) ?? page(target, nowMs, number, fault);
      const wire = wireFault(fault);
      const latencyMs = drawLatency(switches, seed, number);
      const endsAtMs = nowMs + latencyMs + (wire?.kind === "stall" ? wire.ms : 0);
      if (switches.limits !== null && answer.status !== 429) {
        limiters.get(target.token ?? "")?.charge(nowMs, endsAtMs);
      }
      if (requests.length >= keepRequests) requests.splice(0, Math.ceil(keepRequests / 10));
      requests.push({
        number,
        atMs: nowMs,
        endsAtMs,
        method: request.method,
        path: target.path,
        query: Object.fromEntries(target.parameters),
        workspace: target.workspace,
        status: wire?.kind === "reset" ? 0 : answer.status,
        events: answer.events,
        fault: fault?.kind ?? null,
      });
      const headers = { ...usualHeaders(nowMs + latencyMs), ...answer.headers };
      return { status: answer.status, headers, body: answer.body, events: answer.events, latencyMs, wire };
    },
    append: (workspace, event, visibleAtMs, atMs) => {
      const text = typeof event === "object" && !Buffer.isBuffer(event) ? JSON.stringify(event) : event;
      const line = Buffer.from(text as string);
      const found = placeIn(line);
      const placeMs = atMs ?? found.atMs ?? visibleAtMs;
      if (placeMs === undefined) throw new RangeError("An event without a valid created_at needs atMs or visibleAtMs.");
      const gid = found.gid ?? `without-gid-${String(++appendCount).padStart(9, "0")}`;
      logOf(workspace).append({ gid, atMs: placeMs, visibleAtMs: visibleAtMs ?? placeMs, line });
    },
    change: (changed) => {
      switches = { ...switches, ...changed };
    },
    get switches() {
      return switches;
    },
    requests,
    lines: (workspace, range) => within(logOf(workspace).events(), range ?? {}),
    digest: (workspace, range) => digestOf(within(logOf(workspace).events(), range ?? {})),
    warm: () => {
      for (const workspace of workspaces.values()) workspace.warm();
    },
  };
}

function openWorkspaces(wanted: NonNullable<FeedOptions["workspaces"]>, cacheBytes: number): Map<string, Workspace> {
  return new Map(
    wanted.map(({ gid, company, plan = "enterprise" }) => {
      const tables = company === undefined ? null : cacheTables(company, cacheBytes / wanted.length);
      const warm = () => {
        for (let index = 0; tables !== null && index < tables.tables; index++) tables.table(index);
      };
      return [gid, { log: createEventLog(tables), plan, warm }];
    }),
  );
}

function drawLatency(switches: FeedSwitches, seed: string | number, number: number): number {
  const { latencyMs } = switches;
  if (typeof latencyMs === "number") return latencyMs;
  return latencyMs[0] + createRandom(seed, "latency", number).int(latencyMs[1] - latencyMs[0] + 1);
}
