/** Estimates the monthly cost of an archive on AWS from list prices and from requests counted in real runs. Pure. */
import { RECENT_DAYS, WIDE_DAYS } from "../../infra/constructs/columnar-plan.ts";
import { METRICS, type MetricDefinition, SEALING, UNCOLLECTED, UNSTAMPED, UNVERIFIED } from "../../lambda/contract.ts";
import { DAY_MS, HOUR_MS } from "../../lambda/event/instant.ts";
import counted from "./fixed.json" with { type: "json" };
import { PRICES } from "./prices.ts";

export interface CostInput {
  /** Per workspace, on an average day. */
  readonly eventsPerDay: number;
  readonly everyMs: number;
  readonly years: number;
  readonly workspaces: number;
  readonly memoryMiB: number;
  /** Settings of the stack that change the bill, by their names there. */
  readonly dashboard: boolean;
  readonly tracing: boolean;
  readonly keyRotation: boolean;
  readonly operationsKey: "own" | "archive";
  readonly tokenIn: "secrets" | "parameters";
  /** Whether there are `timestampUrls`. */
  readonly timeStamps: boolean;
  readonly columnarCopy: boolean;
  /** Whether there is a second copy, in another region. */
  readonly hasCopy: boolean;
}

export interface CostLine {
  readonly name: string;
  readonly quantity: string;
  /** Dollars in the first month, and in the last month of the given years. */
  readonly first: number;
  readonly last: number;
}

export interface Bill {
  readonly lines: readonly CostLine[];
  readonly first: number;
  readonly last: number;
  readonly assumptions: readonly string[];
}

/** AWS requests per run. A test compares them with the requests of real runs. */
export const REQUESTS = {
  idle: { checkpointReads: 1, lists: 1, gets: 0, creates: 0, checkpointMoves: 1 },
  busy: { checkpointReads: 1, lists: 1, gets: 0, creates: 1, checkpointMoves: 1 },
} as const;

/** Requests per hourly rescan. It reads the manifests and segments of the last hour, and of each day once it is settled. */
const RESCAN = { lists: 2, getsPerSegment: 5, checkpointReads: 1, checkpointMoves: 1 };

/** Requests for each day that is sealed: two coverage entries, of when it is settled and when it is aged, and the seal. Its segments are read once. */
const SEAL = { creates: 3, signatures: 1 };

const DAYS_PER_MONTH = 365.25 / 12;
/** A compressed event among hundreds, about twice as long as one of the simulated feed; and the overhead of each segment. */
const EVENT_BYTES = 85;
const SEGMENT_BYTES = 1_100;
/** Start, tokens, two pages of the source and the store's answers. */
const RUN_SECONDS = 1.5;
/** Each further full page: the source's latency, which is unknown, and the work on the page. */
const PAGE_SECONDS = 0.6;
/** The daily sealing of one workspace: its start, the signature, and a day's segments. */
const SEAL_SECONDS = 10;
const LOG_BYTES_PER_RUN = 3_000;
/** A verification of everything, by default settings: how long an event takes, and the wait for a segment, of which eight are fetched at once. */
const VERIFICATION = {
  everyDays: 30,
  memoryMiB: 1_769,
  eventSeconds: 1 / 100_000,
  segmentSeconds: 0.004,
  listsPer1000: 2,
};
/**
 * The columnar copy in Athena reads the last days every day, and on Sundays more of them, each time twice: to copy and to compare.
 * Athena bills a statement for 10 MB at least. The copy takes up to 1.8 times the bytes of the segments.
 */
const COLUMNAR = {
  daysReadPerWeek: 2 * (6 * RECENT_DAYS + WIDE_DAYS),
  statements: 80,
  leastGigabytes: 0.01,
  sizeOverSegments: 1.8,
};
/** KMS bills each of a key's first two rotations like a key, and no later one. */
const BILLED_ROTATIONS = 2;
const rotationsOf = (keys: number, years: number): number => keys * Math.min(years, BILLED_ROTATIONS);

/** Sealings are once a day, and so is the look at the newest verification. */
const sentDaily = (metrics: readonly MetricDefinition[]): number =>
  metrics.filter(({ zeroHours }) => zeroHours.length > 0).length;

/**
 * How many metrics are billed, as custom metrics are: by the hours in which they are sent. Those that are sent only when
 * something is wrong are taken not to be.
 */
export const METRIC_MONTHS = {
  stack: (UNCOLLECTED.zeroHours.length + sentDaily([...Object.values(SEALING), UNVERIFIED])) / 24,
  each: Object.values(METRICS).reduce((sum, { zeroHours }) => sum + zeroHours.length, 0) / 24,
  timeStamps: sentDaily([UNSTAMPED]) / 24,
  // Each execution sends one, once a day.
  columnarCopy: 1 / 24,
};

/** What is billed by the piece. The counts are of the stack's template; `npm run docs` makes them. */
export function pieces({
  workspaces,
  dashboard,
  operationsKey,
  tokenIn,
  timeStamps,
  columnarCopy,
}: Pick<CostInput, "workspaces" | "dashboard" | "operationsKey" | "tokenIn" | "timeStamps" | "columnarCopy">) {
  const { stack, each } = counted;
  return {
    alarmMetrics:
      stack.alarmMetrics +
      each.alarmMetrics * workspaces +
      (timeStamps ? counted.timeStamps.alarmMetrics : 0) +
      (columnarCopy ? counted.columnarCopy.alarmMetrics : 0),
    dashboards: stack.dashboards + (dashboard ? 1 : 0),
    encryptingKeys: stack.encryptingKeys - (operationsKey === "archive" ? 1 : 0),
    secrets: tokenIn === "parameters" ? 0 : stack.secrets + each.secrets * workspaces,
    startsPerDay:
      stack.startsPerDay + each.startsPerDay * workspaces + (columnarCopy ? counted.columnarCopy.startsPerDay : 0),
    signingKeys: stack.signingKeys,
  };
}

export function monthlyBill(input: CostInput): Bill {
  const { eventsPerDay, everyMs, years, workspaces, memoryMiB, hasCopy } = input;
  const fixed = pieces(input);
  const drains = (DAY_MS / everyMs) * DAYS_PER_MONTH * workspaces;
  const rescans = (DAY_MS / HOUR_MS) * DAYS_PER_MONTH * workspaces;
  const censuses = (DAY_MS / HOUR_MS) * DAYS_PER_MONTH;
  const runs = drains + rescans + censuses;
  const starts = drains + fixed.startsPerDay * DAYS_PER_MONTH;
  const events = eventsPerDay * DAYS_PER_MONTH * workspaces;
  const eventsPerRun = drains === 0 ? 0 : events / drains;
  // Events arrive at random times, so a run finds none with a probability of exp(-eventsPerRun).
  const busy = drains * (1 - Math.exp(-eventsPerRun));
  const segmentsPerHour = (busy / drains) * (HOUR_MS / everyMs);

  const seconds = runs * RUN_SECONDS + (2 * events * PAGE_SECONDS) / 1_000;
  const puts = busy * REQUESTS.busy.creates;
  const lists = drains * REQUESTS.idle.lists + rescans * RESCAN.lists + censuses;
  const gets = rescans * RESCAN.getsPerSegment * segmentsPerHour;
  const reads = drains * REQUESTS.idle.checkpointReads + rescans * RESCAN.checkpointReads + censuses;
  const writes = drains * REQUESTS.idle.checkpointMoves + rescans * RESCAN.checkpointMoves;
  const gigabytes = (events * EVENT_BYTES + puts * SEGMENT_BYTES) / 1e9;
  const seals = DAYS_PER_MONTH * workspaces;
  const months = years * 12;
  const keys = fixed.encryptingKeys + fixed.signingKeys;
  const rotations = input.keyRotation ? rotationsOf(fixed.encryptingKeys, years) : 0;
  const metrics =
    METRIC_MONTHS.stack +
    METRIC_MONTHS.each * workspaces +
    (input.timeStamps ? METRIC_MONTHS.timeStamps : 0) +
    (input.columnarCopy ? METRIC_MONTHS.columnarCopy : 0);
  // A token is asked for by each run of a workspace, because it is held for less than the time between two.
  const tokenCalls = drains + rescans;

  const always = (name: string, quantity: string, dollars: number): CostLine => ({
    name,
    quantity,
    first: dollars,
    last: dollars,
  });
  const lines: CostLine[] = [
    always(
      "Lambda",
      `${count(runs)} runs, ${count((seconds * memoryMiB) / 1024)} GB-s`,
      ((seconds * memoryMiB) / 1024) * PRICES.lambdaGbSecond + runs * PRICES.lambdaRequest,
    ),
    always("S3 puts and lists", `${count(puts)} and ${count(lists)}`, (puts + lists) * PRICES.s3Put),
    always("S3 gets", count(gets), gets * PRICES.s3Get),
    {
      name: "S3 storage",
      quantity: `${size(gigabytes)} more each month`,
      first: gigabytes * PRICES.s3GbMonth,
      last: gigabytes * months * PRICES.s3GbMonth,
    },
    always(
      "DynamoDB",
      `${count(reads)} reads, ${count(writes)} writes`,
      reads * PRICES.dynamoRead + writes * PRICES.dynamoWrite,
    ),
    always("Scheduler", count(starts), starts * PRICES.schedulerInvocation),
    always(
      "Sealing",
      `${count(seals)} seals, ${count(puts)} gets`,
      seals * (SEAL.creates * PRICES.s3Put + SEAL.signatures * PRICES.kmsSignature) +
        puts * PRICES.s3Get +
        ((seals * SEAL_SECONDS * memoryMiB) / 1024) * PRICES.lambdaGbSecond,
    ),
    {
      name: "Verification",
      quantity: `${count(puts)} gets more each month`,
      first: verification(1, events, puts, workspaces),
      last: verification(months, events, puts, workspaces),
    },
    always("KMS requests", `at most ${count(runs + puts)}`, (runs + puts) * PRICES.kmsRequest),
    always("Logs", size((runs * LOG_BYTES_PER_RUN) / 1e9), ((runs * LOG_BYTES_PER_RUN) / 1e9) * PRICES.logGb),
    ...(fixed.secrets === 0
      ? [] // A parameter costs nothing, and nor does reading it.
      : [
          always(
            "Secrets",
            `${count(fixed.secrets)}, ${count(tokenCalls)} calls`,
            fixed.secrets * PRICES.secretMonth + tokenCalls * PRICES.secretCall,
          ),
        ]),
    always("Metrics", `${metrics.toFixed(1)} for the whole month`, metrics * PRICES.metricMonth),
    always("Alarms", `on ${count(fixed.alarmMetrics)} metrics`, fixed.alarmMetrics * PRICES.alarmMonth),
    {
      name: "Keys",
      quantity: input.keyRotation ? `${keys}, ${fixed.encryptingKeys} of them rotated` : String(keys),
      first: keys * PRICES.keyMonth,
      last: (keys + rotations) * PRICES.keyMonth,
    },
    ...(fixed.dashboards === 0
      ? []
      : [always("Dashboard", String(fixed.dashboards), fixed.dashboards * PRICES.dashboardMonth)]),
    ...(input.tracing ? [always("Traces", `at most ${count(runs)}`, runs * PRICES.traceRecorded)] : []),
    ...(input.columnarCopy ? columnarCopy(months, puts, gigabytes) : []),
    ...(hasCopy ? secondCopy(input, puts, gigabytes) : []),
  ];
  const total = (of: "first" | "last") => lines.reduce((sum, line) => sum + line[of], 0);
  return { lines, first: total("first"), last: total("last"), assumptions: ASSUMPTIONS };
}

/** What verifications of a month cost where there are so many months of an archive; `events` and `segments` are those of each. */
function verification(months: number, events: number, segments: number, workspaces: number): number {
  const { everyDays, memoryMiB, eventSeconds, segmentSeconds, listsPer1000 } = VERIFICATION;
  const seconds = events * eventSeconds + segments * segmentSeconds;
  // The fingerprints of each day are put once and read once.
  const days = DAYS_PER_MONTH * workspaces;
  const each =
    (segments + days) * PRICES.s3Get +
    ((segments / 1_000) * listsPer1000 + days) * PRICES.s3Put +
    ((seconds * memoryMiB) / 1_024) * PRICES.lambdaGbSecond;
  return (each * months * DAYS_PER_MONTH) / everyDays;
}

/** What Athena and S3 bill for the columnar copy. Its alarms, its metric and its start every day are among those of the stack. */
function columnarCopy(months: number, puts: number, gigabytes: number): CostLine[] {
  const { daysReadPerWeek, statements, leastGigabytes, sizeOverSegments } = COLUMNAR;
  // As many as of a stack that has all of these days; in its first month it has fewer.
  const monthsRead = daysReadPerWeek / 7;
  const gets = monthsRead * puts;
  const read = Math.max(statements * leastGigabytes, monthsRead * gigabytes);
  const reading = gets * PRICES.s3Get + read * PRICES.athenaGb;
  const stored = gigabytes * sizeOverSegments;
  return [
    {
      name: "Columnar copy: reading",
      quantity: `${count(gets)} gets, ${size(read)} in Athena`,
      first: reading,
      last: reading,
    },
    {
      name: "Columnar copy: storage",
      quantity: `at most ${size(stored)} more each month`,
      first: stored * PRICES.s3GbMonth,
      last: stored * months * PRICES.s3GbMonth,
    },
  ];
}

/** What S3 bills for copying, and what the copy costs where it is. Each segment has a put and a use of both keys. */
function secondCopy({ years, keyRotation }: CostInput, puts: number, gigabytes: number): CostLine[] {
  const rotations = keyRotation ? rotationsOf(counted.copy.keys, years) : 0;
  const copying = puts * (PRICES.s3Put + 2 * PRICES.kmsRequest);
  const sent = gigabytes * (PRICES.transferGb + PRICES.replicationTimeGb);
  const { keys, metrics, alarmMetrics } = counted.copy;
  const fixed = keys * PRICES.keyMonth + metrics * PRICES.metricMonth + alarmMetrics * PRICES.alarmMonth;
  return [
    { name: "Copy: requests", quantity: `${count(puts)} puts`, first: copying, last: copying },
    { name: "Copy: transfer", quantity: size(gigabytes), first: sent, last: sent },
    {
      name: "Copy: storage",
      quantity: `${size(gigabytes)} more each month`,
      first: gigabytes * PRICES.s3GbMonth,
      last: gigabytes * years * 12 * PRICES.s3GbMonth,
    },
    {
      name: "Copy: fixed",
      quantity: `keys: ${keys}, metrics: ${metrics}, alarms: ${alarmMetrics}`,
      first: fixed,
      last: fixed + rotations * PRICES.keyMonth,
    },
  ];
}

const ASSUMPTIONS = [
  "List prices of us-east-1 in November 2026, without free tiers, taxes or discounts.",
  `An event takes ${EVENT_BYTES} bytes compressed, and each segment ${SEGMENT_BYTES} more; logins with a SAML response take up to 50 times as much.`,
  `A run takes ${RUN_SECONDS} s plus ${PAGE_SECONDS} s per 1,000 events; each event is read twice, the second time by a rescan. Asana does not publish its latency.`,
  `The whole archive is verified every ${VERIFICATION.everyDays} days, at ${count(1 / VERIFICATION.eventSeconds)} events a second, as measured at a desk, and ${VERIFICATION.segmentSeconds * 1_000} ms for each segment, as assumed of S3; neither was measured on Lambda.`,
  "Storage stays in S3 Standard. Segments of 128 KiB and more move to a cheaper class after 180 days by default.",
  "Not included: what a time-stamping authority asks, your questions in Athena ($5 per TB scanned), your own reads, data transfer out of AWS, and the first back-fill (cents).",
];

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

const size = (gigabytes: number): string =>
  gigabytes >= 1 ? `${gigabytes.toFixed(1)} GB` : `${(gigabytes * 1000).toFixed(gigabytes >= 0.01 ? 0 : 1)} MB`;
