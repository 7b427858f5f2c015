/** The audit log as a model: events ordered by time then arrival, each with the moment from which it is shown. */
import { createEvent, type SourceEvent } from "../../lambda/event/event.ts";
import { DAY_MS, type Instant, instantToMs } from "../../lambda/event/instant.ts";
import type { PageRequest } from "../../lambda/ports.ts";
import { Violation } from "./violation.ts";

/** Microseconds since 1970: the model's order, finer than the millisecond. */
export type Micros = number;

export interface Shown {
  readonly event: SourceEvent;
  readonly text: string;
  /** Its place in the stream; for an unreadable `created_at`, when it was captured. */
  readonly at: Micros;
  readonly visibleMs: number;
  /** How long after its place it became visible. 0: on time, so no younger event was ever shown before it. */
  readonly lateMs: number;
}

export interface StreamPage {
  readonly events: readonly Shown[];
  /** Behind the events; null when nothing matches the filters. */
  readonly token: string | null;
  /** Asks for the same page again. */
  readonly again: string | null;
  /** Matching events that `isHidden` keeps back: those before the token. */
  readonly hidden: readonly Shown[];
  /** All that matches and is behind the place that was asked for, hidden or not; a look at what a lie leaves out. */
  rest(): Shown[];
}

export interface ReadOptions {
  readonly nowMs: number;
  readonly pageSize: number;
  /** So many events before the offset are shown again. */
  readonly repeated: number;
  /** Events that are not shown although they are there. */
  readonly isHidden: ((shown: Shown) => boolean) | null;
}

export interface Stream {
  /** All that was ever added, in stream order. */
  readonly all: readonly Shown[];
  /** The same by their ids. */
  readonly byId: ReadonlyMap<string, readonly Shown[]>;
  add(shown: Shown): void;
  read(request: PageRequest, options: ReadOptions): StreamPage | "expired" | "invalid";
  isKept(shown: Shown, nowMs: number): boolean;
}

interface Place {
  readonly filters: string;
  readonly issuedMs: number;
  readonly at: Micros;
  readonly id: string;
}

export const KEPT_MS = 90 * DAY_MS;

export function createStream(offsetLifeMs: number): Stream {
  const all: Shown[] = [];
  const byId = new Map<string, Shown[]>();
  const places = new Map<string, Place>();

  const isKept = (shown: Shown, nowMs: number) => shown.at >= (nowMs - KEPT_MS) * 1000;

  function issue(place: Place): string {
    const token = `offset-${places.size + 1}`;
    places.set(token, place);
    return token;
  }

  return {
    all,
    byId,
    isKept,
    add: (shown) => {
      const { id } = shown.event;
      byId.set(id, [...(byId.get(id) ?? []), shown]);
      let index = all.length;
      while (index > 0 && isBehind(all[index - 1]!, shown.at, shown.event.id)) index -= 1;
      all.splice(index, 0, shown);
    },
    read: (request, { nowMs, pageSize, repeated, isHidden }) => {
      const filters = `${request.startAt ?? ""}/${request.endAt ?? ""}/${request.eventType ?? ""}`;
      let from: Place | null = null;
      if (request.offset !== undefined) {
        from = places.get(request.offset) ?? null;
        if (from === null) return "invalid";
        if (from.filters !== filters) {
          throw new Violation("offset with its filters", `issued for ${from.filters}, asked with ${filters}`);
        }
        if (nowMs - from.issuedMs > offsetLifeMs) return "expired";
      }
      const startAt = request.startAt === undefined ? 0 : toMicros(request.startAt);
      const endAt = request.endAt === undefined ? Number.POSITIVE_INFINITY : toMicros(request.endAt);
      const isShown = (shown: Shown) => shown.visibleMs <= nowMs && isKept(shown, nowMs);
      const first = from === null ? firstAt(startAt) : Math.max(firstAt(startAt), firstBehind(from.at, from.id));
      const events: Shown[] = [];
      let hidden: Shown[] = [];
      let hiddenBefore = 0; // how many of them are before the last event of the page
      for (let index = first; index < all.length && events.length < pageSize; index += 1) {
        const shown = all[index]!;
        if (shown.at >= endAt) break;
        if (!isShown(shown)) continue;
        if (isHidden?.(shown)) {
          hidden.push(shown);
          continue;
        }
        hiddenBefore = hidden.length;
        events.push(shown);
      }
      // Without an event, everything up to the end is kept back, and the token is where it was.
      if (events.length > 0) hidden = hidden.slice(0, hiddenBefore);
      const hasMatch = events.length > 0 || hasBefore(first);
      const last = events.at(-1);
      const place = (at = from?.at ?? 0, id = from?.id ?? "") => issue({ filters, issuedMs: nowMs, at, id });
      const token = hasMatch ? place(last?.at, last?.event.id) : null;
      return {
        events: repeated > 0 ? [...before(first, repeated), ...events] : events,
        token,
        hidden,
        get again() {
          return place();
        },
        rest: () => {
          const left: Shown[] = [];
          for (let index = first; index < all.length && all[index]!.at < endAt; index += 1) {
            if (isShown(all[index]!)) left.push(all[index]!);
          }
          return left;
        },
      };

      function hasBefore(index: number): boolean {
        return before(index, 1).length > 0;
      }

      function before(index: number, count: number): Shown[] {
        const found: Shown[] = [];
        for (let at = index - 1; at >= 0 && all[at]!.at >= startAt && found.length < count; at -= 1) {
          if (isShown(all[at]!) && !isHidden?.(all[at]!)) found.unshift(all[at]!);
        }
        return found;
      }
    },
  };

  /** Index of the first event at or behind a time. */
  function firstAt(at: Micros): number {
    return firstWhere((shown) => shown.at >= at);
  }

  function firstBehind(at: Micros, id: string): number {
    return firstWhere((shown) => isBehind(shown, at, id));
  }

  function firstWhere(holds: (shown: Shown) => boolean): number {
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(all[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Ties are ordered by id. */
const isBehind = (shown: Shown, at: Micros, id: string): boolean =>
  shown.at > at || (shown.at === at && shown.event.id > id);

export const toMicros = (instant: Instant): Micros =>
  instantToMs(instant) * 1000 + Number(instant.slice(23, -1).padEnd(3, "0").slice(0, 3));

export interface EventText {
  readonly gid: string | null;
  readonly createdAt: string | null;
  readonly extra?: string;
}

/** Spelled unusually on purpose: inner spaces, an escape and an integer that no double holds must come through. */
export function spellEvent({ gid, createdAt, extra = "" }: EventText): { text: string; event: SourceEvent } {
  const gidPart = gid === null ? "" : `"gid":"${gid}",`;
  const atPart = createdAt === null ? "" : `"created_at":"${createdAt}", `;
  const text = `{${gidPart}${atPart}"actor":{"id":9007199254740993,"name":"J\\u00f6"},"note":"${extra}"}`;
  return { text, event: createEvent(gid, createdAt, Buffer.from(text)) };
}
