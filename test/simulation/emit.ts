/** Puts events into the stream, with all the oddities that a seed plays. */
import { DAY_MS, HOUR_MS, msToInstant } from "../../lambda/event/instant.ts";
import type { Stage } from "./stage.ts";
import { type EventText, type Micros, type Shown, spellEvent } from "./stream.ts";

/** An event dated ahead takes the cursor with it: what is dated up to there is late by its place, even if on time. */
const ZONE_MICROS = 130_000_000;

export interface Emitter {
  /** Events of the span (fromMs, toMs]. */
  emit(fromMs: number, toMs: number, count: number): void;
  /** An event without a readable time. */
  emitOdd(ms: number): void;
  /** Ordinary events, evenly over a span, or all at its end. */
  emitMany(fromMs: number, toMs: number, count: number): void;
}

export function createEmitter(stage: Stage): Emitter {
  const { random, swarm, stream } = stage;
  const strikes = swarm.strikes;
  const zones: { readonly from: Micros; readonly to: Micros }[] = [];
  let gids = 1000 + random.int(1000);

  function add(at: Micros, visibleMs: number, lateMs: number, text: Omit<EventText, "gid">): void {
    const isInZone = zones.some(({ from, to }) => at >= from && at <= to);
    const place = { at, visibleMs, lateMs: isInZone ? Math.max(1, lateMs) : lateMs };
    gids += 1 + random.int(3);
    const gid = strikes("event: no gid") ? null : String(gids);
    // Without a gid the bytes are its name, so they must differ.
    stream.add({ ...spellEvent({ gid, extra: `n${gids}`, ...text }), ...place });
    if (gid === null) return;
    if (strikes("event: one gid, two contents")) {
      stream.add({ ...spellEvent({ gid, ...text, extra: "another content" }), ...place });
    }
    const isOrdinary = text.createdAt?.startsWith(new Date(at / 1000).toISOString().slice(0, 10)) === true;
    if (isOrdinary && stage.comparesAll && stage.remembersIds && strikes("event: one gid, two times"))
      addLater(gid, place);
  }

  /** The same event with a later time of the same day, and at that time. */
  function addLater(gid: string, { at, visibleMs, lateMs }: Omit<Shown, "event" | "text">): void {
    const byMs = 1 + random.int(2 * HOUR_MS);
    const ms = Math.floor(at / 1000) + byMs;
    if (Math.floor(ms / DAY_MS) !== Math.floor(at / 1000 / DAY_MS)) return;
    const again = { at: ms * 1000, visibleMs: visibleMs + byMs, lateMs };
    stream.add({ ...spellEvent({ gid, createdAt: spellTime(ms, 0) }), ...again });
  }

  function emitAt(ms: number, micros: number): void {
    const at = ms * 1000 + micros;
    const visibleMs = micros === 0 ? ms : ms + 1;
    const odd = drawOddTime();
    if (odd !== null) {
      add(at, visibleMs, 0, { createdAt: odd });
      return;
    }
    const aheadMs = drawAheadMs();
    if (aheadMs > 0) {
      const dated = (ms + aheadMs) * 1000;
      add(dated, ms, 0, { createdAt: spellTime(ms + aheadMs, 0) });
      zones.push({ from: dated - ZONE_MICROS, to: dated });
      return;
    }
    const lateMs = drawLateMs();
    add(at, visibleMs + lateMs, lateMs, { createdAt: spellTime(ms, micros) });
  }

  function drawOddTime(): string | null {
    if (strikes("event: unreadable time")) return "yesterday";
    return strikes("event: before the log began") ? "2021-01-01T00:00:00.000Z" : null;
  }

  function drawLateMs(): number {
    if (strikes("event: late by minutes")) return 60_000 * (1 + random.int(58));
    if (strikes("event: late by hours")) return HOUR_MS * (1 + random.int(random.pick([6, 36])));
    return strikes("event: late by days") ? DAY_MS * (1 + random.int(40)) : 0;
  }

  function drawAheadMs(): number {
    if (strikes("event: dated a little ahead")) return 1000 * (1 + random.int(50));
    return strikes("event: dated ahead") ? 60_000 * (3 + random.int(3 * 24 * 60)) : 0;
  }

  return {
    emitOdd: (ms) => add(ms * 1000, ms, 0, { createdAt: "yesterday" }),
    emitMany: (fromMs, toMs, count) => {
      for (let place = 1; place <= count; place += 1) {
        const ms = fromMs + Math.ceil(((toMs - fromMs) * place) / count);
        add(ms * 1000, ms, 0, { createdAt: spellTime(ms, 0) });
      }
    },
    emit: (fromMs, toMs, count) => {
      const times = Array.from({ length: count }, () => fromMs + 1 + random.int(toMs - fromMs));
      for (let ms of times.sort((a, b) => a - b)) {
        if (strikes("event: on the edge of an hour or a day")) {
          const unit = random.chance(0.5) ? HOUR_MS : DAY_MS;
          const edge = Math.floor(ms / unit) * unit - (random.chance(0.2) ? 1 : 0);
          if (edge > fromMs) ms = edge;
        }
        const micros = strikes("event: finer than a millisecond") ? 1 + random.int(999) : 0;
        const size = strikes("event: burst in one instant") ? 2 + random.int(5) : 1;
        for (let i = 0; i < size; i += 1) emitAt(ms, micros);
      }
    },
  };
}

const spellTime = (ms: number, micros: number): string =>
  micros === 0 ? msToInstant(ms) : `${msToInstant(ms).slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
