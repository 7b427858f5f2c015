import type { FaultPlan } from "./faults.ts";
import type { RateLimits } from "./limits.ts";
import type { TableSource } from "./table.ts";

/** The access token that a feed accepts by default. It is not a secret: it gives access only to a simulation. */
export const FEED_TOKEN = "feed-token";

/** The workspace that a feed has by default. */
export const FEED_WORKSPACE = "1200000000000001";

export interface FeedWorkspace {
  readonly gid: string;
  /** Generated events; without it the log is empty until something is appended. */
  readonly company?: TableSource;
  /** `basic` has no audit log: 402. Default `enterprise`. */
  readonly plan?: "enterprise" | "basic";
}

/** `full`: may read the audit log. `no-audit-log`: a valid token without that scope, 403. Any other token: 401. */
export type Access = "full" | "no-audit-log";

/** Everything that can be changed while the feed runs. Facts that nobody has confirmed are switches too. */
export interface FeedSwitches {
  readonly tokens: Readonly<Record<string, Access>>;
  /** What `next_page.uri` begins with. */
  readonly baseUrl: string;
  /** Events per page when no `limit` is sent. */
  readonly defaultLimit: number;
  /** The largest `limit` accepted: documented as 100, but 1,000 is the default page. */
  readonly maxLimit: number;
  /** Events older than this are gone. */
  readonly retentionDays: number;
  /** Lifetime of a pagination token. */
  readonly offsetLifeMs: number;
  /** An offset sent with filters other than its own: its own filters apply (`ignore`), or 400 invalid (`refuse`). */
  readonly filterMismatch: "ignore" | "refuse";
  /** Per access token; null for no limits, as benches and a clock that stands still need. */
  readonly limits: RateLimits | null;
  readonly faults: FaultPlan;
  /** Share of pages with fewer events than the limit although more events follow. */
  readonly shortPageRate: number;
  /** Answer 400 once a drain has received this many events; null: never. */
  readonly truncateAfter: number | null;
  /** Compress when the client asks for it (only a real server does). */
  readonly gzip: boolean;
  /** From the request to the first byte: fixed, or drawn between two bounds. */
  readonly latencyMs: number | readonly [number, number];
}

export interface FeedOptions extends Partial<FeedSwitches> {
  /** Same seed, same requests at the same times: same answers. Default 1. */
  readonly seed?: string | number;
  /** Default: one empty workspace, `FEED_WORKSPACE`. */
  readonly workspaces?: readonly FeedWorkspace[];
  /** Bytes of generated events that are kept in memory; others are generated again when needed. Default 256 MiB. */
  readonly cacheBytes?: number;
  /** Requests kept in the log; the oldest are dropped first. Default 100,000. */
  readonly keepRequests?: number;
}

/** The service as it is documented and observed. */
export const defaultSwitches: FeedSwitches = {
  tokens: { [FEED_TOKEN]: "full" },
  baseUrl: "https://app.asana.com/api/1.0",
  defaultLimit: 1_000,
  maxLimit: 100,
  retentionDays: 90,
  offsetLifeMs: 900_000,
  filterMismatch: "ignore",
  limits: { perMinute: 1_500, inFlight: 50 },
  faults: {},
  shortPageRate: 0,
  truncateAfter: null,
  gzip: true,
  latencyMs: 0,
};
