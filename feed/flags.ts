import { DAY_MS } from "../lambda/event/instant.ts";
import { createRunningClock } from "./clock.ts";
import { createCompany } from "./company.ts";
import { passingFaultRates } from "./faults.ts";
import { noOddities, usualOddities } from "./oddities.ts";
import { defaultSwitches, FEED_TOKEN, FEED_WORKSPACE, type FeedOptions } from "./options.ts";
import { parseTime } from "./query.ts";

/** A command-line option of the feed. */
export interface FeedFlag {
  /** Without the dashes, e.g. `late-rate`. */
  readonly name: string;
  /** The placeholder of the value in help texts; null for a flag without a value. */
  readonly value: string | null;
  readonly description: string;
  /** null: not set. */
  readonly default: string | null;
}

export const feedFlags = [
  flag("workspace", "<gids>", "gids of the workspaces, separated by commas", FEED_WORKSPACE),
  flag("token", "<token>", "the access token that it accepts", FEED_TOKEN),
  flag("seed", "<text>", "the same seed and options give the same events, byte for byte", "1"),
  flag("events", "<n>", "events per workspace, from the first to the last day", "100000"),
  flag("people", "<n>", "people in each company", "400"),
  flag("days", "<n>", "days of history before now; the service deletes events after 90 days", "89"),
  flag("ahead", "<days>", "days after now for which events appear as time passes", "0"),
  flag("now", "<instant>", "time on the feed's clock at the start (default: the current time)", null),
  flag("speed", "<factor>", "speed of the feed's clock relative to real time", "1"),
  flag("bursts-per-day", "<n>", "bursts of hundreds of events in one millisecond, on an average day", "0.5"),
  flag("late-rate", "<share>", "share of events that become visible late", "0.001"),
  flag("late-max", "<minutes>", "longest delay of a late event", "30"),
  flag("plain", null, "no unusual events: no odd names, nulls, huge logins or unknown types", null),
  flag("page", "<n>", "events per page when the client sends no limit", String(defaultSwitches.defaultLimit)),
  flag("max-limit", "<n>", "the largest limit that it accepts", String(defaultSwitches.maxLimit)),
  flag("short-pages", "<share>", "share of pages with fewer events than requested", "0"),
  flag("truncate-after", "<n>", "refuse further pages once a drain has received this many events", null),
  flag("retention", "<days>", "days after which events are deleted", String(defaultSwitches.retentionDays)),
  flag("offset-life", "<seconds>", "lifetime of a pagination token", String(defaultSwitches.offsetLifeMs / 1000)),
  flag("filter-mismatch", "<ignore|refuse>", "what to do with an offset that is sent with other filters", "ignore"),
  flag("rate-limit", "<n>", "requests per minute before it answers 429; 0 for no limit", "1500"),
  flag("latency", "<ms>", "time to the first byte: a number, or a range such as 100-900", "0"),
  flag("fault-rate", "<share>", "share of requests that fail temporarily: resets, 5xx, 429, broken bodies", "0"),
  flag("identity", null, "never compress answers", null),
  flag("cache", "<MB>", "memory for generated events", "256"),
] as const satisfies readonly FeedFlag[];

export type FeedFlagName = (typeof feedFlags)[number]["name"];
/** `true` for a flag without a value. */
export type FeedFlagValues = Readonly<Partial<Record<FeedFlagName, string | boolean>>>;

export interface PlannedFeed {
  readonly options: FeedOptions;
  readonly clock: { now(): number };
}

/** Reads the options of a feed. Throws RangeError with one sentence about an invalid value. */
export function readFeedFlags(values: FeedFlagValues): PlannedFeed {
  const text = (name: FeedFlagName): string => {
    const given = values[name];
    return typeof given === "string" ? given : (feedFlags.find((flag) => flag.name === name)?.default ?? "");
  };
  const number = (name: FeedFlagName, least = 0, most = Number.MAX_SAFE_INTEGER): number => {
    const value = text(name) === "" ? Number.NaN : Number(text(name));
    if (value >= least && value <= most) return value;
    throw new RangeError(`--${name} must be a number from ${least} to ${most}, not "${text(name)}".`);
  };
  const whole = (name: FeedFlagName, least = 0, most?: number): number => {
    const value = number(name, least, most);
    if (Number.isInteger(value)) return value;
    throw new RangeError(`--${name} must be a whole number, not "${text(name)}".`);
  };
  const choice = <T extends string>(name: FeedFlagName, choices: readonly T[]): T => {
    const chosen = choices.find((option) => option === text(name));
    if (chosen !== undefined) return chosen;
    throw new RangeError(`--${name} must be one of ${choices.join(", ")}, not "${text(name)}".`);
  };
  const startMs = text("now") === "" ? Date.now() : parseTime(text("now"));
  if (startMs === null) throw new RangeError(`--now must be a time with a zone, not "${text("now")}".`);

  const company = {
    people: whole("people", 1, 100_000),
    events: whole("events"),
    fromMs: startMs - number("days", 0.01) * DAY_MS,
    toMs: startMs + number("ahead") * DAY_MS,
    burstsPerDay: number("bursts-per-day"),
    lateRate: number("late-rate", 0, 1),
    lateMaxMs: number("late-max") * 60_000,
    oddities: values.plain === true ? noOddities : usualOddities,
  };
  const gids = text("workspace").split(",");
  if (!gids.every((gid) => /^\d+$/.test(gid)))
    throw new RangeError("--workspace must be gids, which consist of digits.");
  const perMinute = number("rate-limit");
  return {
    clock: createRunningClock({ startMs, speed: number("speed") }),
    options: {
      seed: text("seed"),
      // The first company is the seed's own, so that one workspace has the same events with or without others.
      workspaces: gids.map((gid, index) => ({
        gid,
        company: createCompany({ ...company, seed: index === 0 ? text("seed") : `${text("seed")} ${gid}` }),
      })),
      tokens: { [text("token")]: "full" },
      defaultLimit: whole("page", 1),
      maxLimit: whole("max-limit", 1),
      shortPageRate: number("short-pages", 0, 1),
      truncateAfter: text("truncate-after") === "" ? null : whole("truncate-after", 1),
      retentionDays: number("retention"),
      offsetLifeMs: number("offset-life") * 1000,
      filterMismatch: choice("filter-mismatch", ["ignore", "refuse"]),
      limits: perMinute === 0 ? null : { ...defaultSwitches.limits, perMinute },
      latencyMs: readLatency(text("latency")),
      faults: passingFaultRates(number("fault-rate", 0, 1)),
      gzip: values.identity !== true,
      cacheBytes: number("cache") * 1024 * 1024,
    },
  };
}

function readLatency(text: string): number | readonly [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match !== null && from <= to) return from === to ? from : [from, to];
  throw new RangeError(`--latency must be milliseconds or a range such as 100-900, not "${text}".`);
}

function flag<Name extends string>(name: Name, value: string | null, description: string, byDefault: string | null) {
  return { name, value, description, default: byDefault };
}
