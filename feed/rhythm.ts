import { DAY_MS, HOUR_MS } from "../lambda/event/instant.ts";
import type { Person } from "./people.ts";
import { createRandom, createWeighted, type Random } from "./random.ts";

/** Activity while somebody is not at work, as a share of a working hour. */
const NIGHT_SHARE = 0.01;

/** One hour of the company, cut to its span. */
export interface Hour {
  readonly startMs: number;
  readonly endMs: number;
  /** Events in it, and how many of them all happen in one millisecond. */
  readonly events: number;
  readonly burst: number;
  /** Events in all hours before. */
  readonly before: number;
}

/** Picks somebody who is at work in the hour that begins at `startMs`; diligent people are picked more often. */
export type AtWork = (startMs: number) => (random: Random) => Person;

/** Who is at work when: by hour of the UTC day, on workdays and at weekends. */
export function createAtWork(people: readonly Person[]): { pick: AtWork; load(startMs: number): number } {
  const slots = Array.from({ length: 48 }, (_, slot) => {
    const entries = people.map((person) => [person, presence(person, slot % 24, slot >= 24)] as const);
    return {
      pick: createWeighted(entries),
      load: entries.reduce((sum, [, weight]) => sum + weight, 0),
    };
  });
  const slotAt = (startMs: number) => {
    const days = Math.floor(startMs / DAY_MS);
    const weekday = (days + 4) % 7; // 1970 began on a Thursday
    const hour = Math.floor((startMs - days * DAY_MS) / HOUR_MS);
    return slots[hour + (weekday === 0 || weekday === 6 ? 24 : 0)]!;
  };
  return { pick: (startMs) => slotAt(startMs).pick, load: (startMs) => slotAt(startMs).load };
}

function presence(person: Person, utcHour: number, weekend: boolean): number {
  const hour = (utcHour + person.zoneHours + 24) % 24;
  const working = hour >= person.firstHour && hour < person.lastHour;
  const lunch = hour >= 12 && hour < 13 ? 0.5 : 1;
  const today = weekend && !person.weekends ? 0.04 : 1;
  return person.diligence * (working ? lunch * today : NIGHT_SHARE);
}

/** Distributes exactly `events` over the hours, more to busy ones, with up to `bursts` bursts of hundreds of events. */
export function planHours(
  seed: string | number,
  span: { fromMs: number; toMs: number; events: number; bursts: number },
  load: (startMs: number) => number,
): readonly Hour[] {
  const random = createRandom(seed, "hours");
  const starts: number[] = [];
  for (let ms = Math.floor(span.fromMs / HOUR_MS) * HOUR_MS; ms < span.toMs; ms += HOUR_MS) starts.push(ms);
  const bounds = starts.map((ms) => [Math.max(ms, span.fromMs), Math.min(ms + HOUR_MS, span.toMs)] as const);
  let mood = 1;
  const weights = bounds.map(([startMs, endMs], index) => {
    if (starts[index]! % DAY_MS === 0) mood = 0.8 + random.next() * 0.4;
    return load(starts[index]!) * mood * (0.85 + random.next() * 0.3) * ((endMs - startMs) / HOUR_MS);
  });
  const bursts = placeBursts(random, bounds.length, span);
  let steady = span.events;
  for (const size of bursts.values()) steady -= size;

  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let weightBefore = 0;
  let given = 0;
  let before = 0;
  return bounds.map(([startMs, endMs], index) => {
    weightBefore += weights[index]!;
    const upTo = index === bounds.length - 1 ? steady : Math.round((steady * weightBefore) / total);
    const burst = bursts.get(index) ?? 0;
    const hour = { startMs, endMs, events: upTo - given + burst, burst, before };
    given = upTo;
    before += hour.events;
    return hour;
  });
}

/** Hour and size of each burst; together at most a tenth of all events. */
function placeBursts(
  random: Random,
  hours: number,
  span: { events: number; bursts: number },
): ReadonlyMap<number, number> {
  const placed = new Map<number, number>();
  let left = span.events / 10;
  for (let burst = 0; burst < span.bursts; burst++) {
    const hour = random.int(hours);
    const size = 150 + random.int(550);
    if (placed.has(hour) || size > left) continue;
    placed.set(hour, size);
    left -= size;
  }
  return placed;
}
