/** The stream as the core's own port: fast, with the faults that the client lets through. */
import { ArchiverError, type ErrorDetails, type ErrorKind } from "../../lambda/errors.ts";
import { HOUR_MS, msToInstant } from "../../lambda/event/instant.ts";
import type { EventSource, OffsetRefused, Page, PageRequest } from "../../lambda/ports.ts";
import { hiddenNow, type LieForm, lieNow, unreadableNow } from "./lies.ts";
import type { Process } from "./process.ts";
import { type Stage, WORKSPACE } from "./stage.ts";
import type { Micros, Shown, StreamPage } from "./stream.ts";

export function createSourcePort(stage: Stage, process: Process): EventSource {
  const { swarm, random, trace } = stage;
  const broken = (kind: ErrorKind, more: Partial<ErrorDetails> = {}) => {
    trace.note(`${process.name} source: ${kind}`);
    return new ArchiverError(kind, "Simulated.", { advice: "None.", ...more });
  };

  return {
    page: async (request, signal) => {
      return await process.memory.during(request, () => answer(request, signal));
    },
  };

  async function answer(request: PageRequest, signal: AbortSignal): Promise<Page | OffsetRefused> {
    await process.reach("source.page", describe(request), signal);
    process.checkNotBefore();
    const fault = process.strike("source.page");
    if (fault?.kind === "crash") await stage.time.sleep(Number.POSITIVE_INFINITY);
    if (fault?.kind === "late") await stage.time.sleep(Number.POSITIVE_INFINITY, signal);
    if (fault !== null) throw broken("unavailable");
    if (swarm.strikes("source: answers after minutes")) {
      await stage.time.sleep(60_000 * (1 + random.int(20)), signal);
    }
    if (swarm.strikes("source: never answers")) await stage.time.sleep(1000 * HOUR_MS, signal);
    if (swarm.strikes("source: unavailable")) throw broken("unavailable");
    if (swarm.strikes("source: invalid response")) throw broken("invalid-response");
    if (swarm.strikes("source: refused")) throw broken("refused");
    if (swarm.strikes("source: not before")) {
      throw broken("unavailable", { notBefore: process.clock.now() + random.int(3 * HOUR_MS) });
    }
    const read = readPage(stage, process, request);
    if (read === "unreadable") throw broken("invalid-response");
    if (read === "failing") throw broken("unavailable");
    if (read.kind === "page") {
      trace.note(`  ${read.events.map(({ id }) => id).join(" ")} > ${read.offset}`);
      return read;
    }
    trace.note(`  ${read.reason}`);
    return read;
  }
}

/** One page with the faults that look like a page. */
export function readPage(
  stage: Stage,
  process: Process,
  request: PageRequest,
): Page | OffsetRefused | "unreadable" | "failing" {
  const { swarm, random, time, stream, world } = stage;
  if (request.offset !== undefined) {
    if (swarm.strikes("source: offset expires early")) return { kind: "offset-refused", reason: "expired" };
    if (swarm.strikes("source: offset invalid")) return { kind: "offset-refused", reason: "invalid" };
  }
  const size = Math.min(request.limit ?? world.pageSize, world.pageSize);
  const pageSize = swarm.strikes("source: short page") ? 1 + random.int(size) : size;
  const repeated = swarm.strikes("source: page repeats the one before") ? 1 + random.int(3) : 0;
  const read = stream.read(request, { nowMs: time.now(), pageSize, repeated, isHidden: hiddenNow(stage) });
  if (read === "expired" || read === "invalid") return { kind: "offset-refused", reason: read };
  const unreadable = unreadableNow(stage, read.events);
  if (unreadable !== null) return unreadable.isInvalid ? "unreadable" : "failing";
  let { events, token } = tellLie(stage, process, request, read);
  if (events.length > 0 && request.offset && swarm.strikes("source: offset stands still")) token = request.offset;
  if (swarm.strikes("source: page in odd order")) events = shuffled(stage, events);
  if (swarm.strikes("source: repeats on a page")) events = [...events, ...events.slice(random.int(3))];
  const servedMs = Math.floor((time.now() + stage.sourceSkewMs) / 1000) * 1000;
  return {
    kind: "page",
    events: events.map(({ event }) => event),
    offset: token,
    servedAt: swarm.strikes("source: no Date header") ? null : msToInstant(servedMs),
  };
}

/** What is shown of a page, and a note of what is not. */
function tellLie(
  stage: Stage,
  process: Process,
  request: PageRequest,
  read: StreamPage,
): Pick<StreamPage, "events" | "token"> {
  const { looks, time, auditor, stream, comparesAll } = stage;
  /**
   * An answer that shows less than is archived can be told from the truth, as can one without any event where nothing
   * was shown yet. The tail has no end, and what it is not shown is shown to it later if its token is not behind it.
   */
  const hide = (hidden: readonly Shown[], isKnowable: boolean): void => {
    if (hidden.length === 0 || process.looker === null) return;
    const isMissed = comparesAll && isWindow && hidden.some(isInArchive);
    // An offset behind an event is behind all contents that its gid has at that time.
    const same = hidden.flatMap(({ event, at }) =>
      (stream.byId.get(event.id) ?? []).filter((other) => other.at === at),
    );
    const { looker, name: run } = process;
    looks.hid(new Set(same), { looker, run }, time.now(), isKnowable || isMissed);
    stage.trace.note(`  hidden: ${hidden.map(({ event }) => event.id).join(" ")} ${isKnowable || isMissed}`);
  };
  const isInArchive = ({ event, at }: Shown) =>
    auditor.ids.has(event.id) && event.at !== null && event.day === dayAt(at);
  const isFirst = request.offset === undefined;
  const isWindow = isOfSpan(stage, request, read.token);
  const { events, token, hidden } = read;
  if (events.length > 0) hide(hidden, false);
  else if (isWindow) hide(hidden, isFirst);

  const lie = lieNow(stage);
  if (lie === null || events.length === 0) return read;
  switch (lie.form) {
    case "blank":
      if (isWindow) hide(read.rest(), true);
      return { events: [], token: null };
    case "cut":
      if (isWindow)
        hide(
          read.rest().filter((shown) => !events.includes(shown)),
          true,
        );
      return { events, token: null };
    case "empty":
      if (isWindow) hide(read.rest(), isFirst);
      else if (lie.skips) hide(events, false);
      return { events: [], token: lie.skips && events.every(({ at }) => at <= time.now() * 1000) ? token : read.again };
    default: {
      // A token behind an event from the future would hide from the tail all that is still to come.
      const isAhead = ({ at }: Shown) => request.endAt === undefined && at > time.now() * 1000;
      const kept = leaveOut(lie.form, events);
      const left = events.filter((shown) => kept.includes(shown) || isAhead(shown));
      hide(
        events.filter((shown) => !left.includes(shown)),
        left.length === 0 && isWindow && isFirst,
      );
      if (left.length === 0 && isWindow) hide(read.rest(), isFirst);
      return { events: left, token };
    }
  }
}

const spanTokens = new WeakMap<Stage, Set<string>>();

/** Whether a span is read, and not the tail. One that was set aside goes on with the tail's offset, which has no end. */
function isOfSpan(stage: Stage, { endAt, offset }: PageRequest, next: string | null): boolean {
  if (endAt !== undefined) return true;
  if (offset === undefined) return false;
  const tokens = spanTokens.get(stage) ?? new Set();
  spanTokens.set(stage, tokens);
  const spans = stage.saved.get(WORKSPACE)?.state.spans ?? [];
  if (!tokens.has(offset) && !spans.some((span) => span.offset?.token === offset)) return false;
  tokens.add(offset);
  if (next !== null) tokens.add(next);
  return true;
}

function leaveOut(form: LieForm, events: readonly Shown[]): readonly Shown[] {
  const count = Math.ceil(events.length / 3);
  if (form === "end") return events.slice(0, events.length - count);
  if (form === "beginning") return events.slice(count);
  const from = Math.floor((events.length - count) / 2);
  return [...events.slice(0, from), ...events.slice(from + count)];
}

const dayAt = (at: Micros): string => new Date(at / 1000).toISOString().slice(0, 10);

function shuffled(stage: Stage, events: readonly Shown[]): readonly Shown[] {
  const keyed = events.map((event) => [stage.random.next(), event] as const);
  return keyed.sort(([a], [b]) => a - b).map(([, event]) => event);
}

export function describe({ startAt, endAt, limit, offset }: PageRequest): string {
  return `[${startAt ?? ""}, ${endAt ?? ""}) ${limit ?? ""} ${offset ?? ""}`;
}
