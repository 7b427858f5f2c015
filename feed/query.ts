/** The filters of a request, as the feed understands them. */
export interface Filters {
  /** Inclusive, milliseconds since 1970, finer digits as a fraction. */
  readonly startMs?: number;
  /** Exclusive. */
  readonly endMs?: number;
  readonly eventType?: string;
  readonly actorType?: string;
  readonly actorGid?: string;
  readonly resourceGid?: string;
}

export interface Query {
  readonly filters: Filters;
  /** null when not sent. */
  readonly limit: number | null;
  /** null when not sent; the empty string when sent empty. */
  readonly offset: string | null;
}

const ACTOR_TYPES = ["user", "asana", "asana_support", "anonymous", "external_administrator"];
const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)$/;

/** Reads the query string. A string is the message of a 400; unknown parameters are ignored, as the service does. */
export function parseQuery(parameters: URLSearchParams, maxLimit: number): Query | string {
  const filters: Record<string, string | number> = {};
  for (const [name, field] of [
    ["start_at", "startMs"],
    ["end_at", "endMs"],
  ] as const) {
    const text = parameters.get(name);
    if (text === null) continue;
    const ms = parseTime(text);
    if (ms === null) return `${name}: Not a valid date and time: ${text}`;
    filters[field] = ms;
  }
  for (const [name, field] of [
    ["event_type", "eventType"],
    ["actor_type", "actorType"],
    ["actor_gid", "actorGid"],
    ["resource_gid", "resourceGid"],
  ] as const) {
    const text = parameters.get(name);
    if (text !== null) filters[field] = text;
  }
  const actorType = parameters.get("actor_type");
  if (actorType !== null && !ACTOR_TYPES.includes(actorType)) return `actor_type: Not a valid actor type: ${actorType}`;
  const limitText = parameters.get("limit");
  const limit = limitText === null ? null : Number(limitText);
  if (limitText !== null && !(/^\d+$/.test(limitText) && limit! >= 1 && limit! <= maxLimit)) {
    return `limit: Must be an integer between 1 and ${maxLimit}`;
  }
  return { filters, limit, offset: parameters.get("offset") };
}

/** Milliseconds since 1970 with a fraction for finer digits; null for anything without date, time and zone. */
export function parseTime(text: string): number | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(seconds) ? null : seconds + Number(`0.${match[2] ?? "0"}`) * 1000;
}

/** Two sets of filters that ask for the same events. */
export function sameFilters(a: Filters, b: Filters): boolean {
  const text = (filters: Filters) => JSON.stringify(Object.entries(filters).sort());
  return text(a) === text(b);
}

/** Judges an event by the filters that are not times; null when there are none. */
export function matcherOf(filters: Filters): ((line: Buffer) => boolean) | null {
  const { eventType, actorType, actorGid, resourceGid } = filters;
  const wanted = [eventType, actorType, actorGid, resourceGid].filter((value) => value !== undefined);
  if (wanted.length === 0) return null;
  const needles = wanted.map((value) => Buffer.from(value));
  return (line) => {
    // Most lines can be excluded without parsing them.
    if (!needles.every((needle) => line.includes(needle))) return false;
    const event = JSON.parse(line.toString());
    return (
      (eventType === undefined || event.event_type === eventType) &&
      (actorType === undefined || event.actor?.actor_type === actorType) &&
      (actorGid === undefined || event.actor?.gid === actorGid) &&
      (resourceGid === undefined || event.resource?.gid === resourceGid)
    );
  };
}
