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
  readonly token: string | null;
}

export interface Stream {
  /** All that was ever added, in stream order. */
  readonly all: readonly Shown[];
  add(shown: Shown): void;
  /** `repeated`: so many events before the offset are shown again. */
  read(request: PageRequest, nowMs: number, pageSize: number, repeated: number): StreamPage | "expired" | "invalid";
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
  const places = new Map<string, Place>();

  const isKept = (shown: Shown, nowMs: number) => shown.at >= (nowMs - KEPT_MS) * 1000;

  function issue(place: Place): string {
    const token = `offset-${places.size + 1}`;
    places.set(token, place);
    return token;
  }

  return {
    all,
    isKept,
    add: (shown) => {
      let index = all.length;
      while (index > 0 && isBehind(all[index - 1]!, shown.at, shown.event.id)) index -= 1;
      all.splice(index, 0, shown);
    },
    read: (request, nowMs, pageSize, repeated) => {
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
      const events: Shown[] = [];
      const before: Shown[] = [];
      let hasMatch = false;
      for (const shown of all) {
        if (shown.at < startAt || shown.at >= endAt || shown.visibleMs > nowMs || !isKept(shown, nowMs)) continue;
        hasMatch = true;
        if (from !== null && !isBehind(shown, from.at, from.id)) {
          before.push(shown);
          continue;
        }
        events.push(shown);
        if (events.length === pageSize) break;
      }
      const last = events.at(-1);
      const at = last?.at ?? from?.at ?? 0;
      const id = last?.event.id ?? from?.id ?? "";
      if (repeated > 0) events.unshift(...before.slice(-repeated));
      return { events, token: hasMatch ? issue({ filters, issuedMs: nowMs, at, id }) : null };
    },
  };
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
