/** The stream as the core's own port: fast, with the faults that the client lets through. */
import { ArchiverError, type ErrorDetails, type ErrorKind } from "../../lambda/errors.ts";
import { msToInstant } from "../../lambda/event/instant.ts";
import type { EventSource, OffsetRefused, Page, PageRequest } from "../../lambda/ports.ts";
import type { Process } from "./process.ts";
import { HOUR_MS, type Stage } from "./stage.ts";
import type { Shown } from "./stream.ts";
import type { FaultKind } from "./swarm.ts";

export function createSourcePort(stage: Stage, process: Process): EventSource {
  const { swarm, random, trace } = stage;
  const broken = (kind: ErrorKind, more: Partial<ErrorDetails> = {}) => {
    trace.note(`${process.name} source: ${kind}`);
    return new ArchiverError(kind, "Simulated.", { advice: "None.", ...more });
  };

  return {
    page: async (request, signal) => {
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
      const answer = readPage(stage, request);
      trace.note(
        answer.kind === "page"
          ? `  ${answer.events.map(({ id }) => id).join(" ")} > ${answer.offset}`
          : `  ${answer.reason}`,
      );
      return answer;
    },
  };
}

/** One page with the faults that look like a page. */
export function readPage(stage: Stage, request: PageRequest): Page | OffsetRefused {
  const { swarm, random, time, stream } = stage;
  if (request.offset !== undefined) {
    if (swarm.strikes("source: offset expires early")) return { kind: "offset-refused", reason: "expired" };
    if (swarm.strikes("source: offset invalid")) return { kind: "offset-refused", reason: "invalid" };
  }
  const size = Math.min(request.limit ?? stage.pageSize, stage.pageSize);
  const isShort = swarm.strikes("source: short page");
  const repeated = swarm.strikes("source: page repeats the one before") ? 1 + random.int(3) : 0;
  const read = stream.read(request, time.now(), isShort ? 1 + random.int(size) : size, repeated);
  if (read === "expired" || read === "invalid") return { kind: "offset-refused", reason: read };
  let { events, token } = read;
  if (strikesOnce("source: blank page", stage, request)) [events, token] = [[], null];
  if (events.length > 0 && strikesOnce("source: events without next_page", stage, request)) token = null;
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

/** A missing `next_page` is a lie that nobody can tell from the truth on a window's first page, or when told twice. */
function strikesOnce(kind: FaultKind, { liedAbout, swarm }: Stage, { endAt, offset }: PageRequest): boolean {
  if (endAt === undefined) return swarm.strikes(kind);
  if (offset === undefined || liedAbout.has(endAt) || !swarm.strikes(kind)) return false;
  liedAbout.add(endAt);
  return true;
}

function shuffled(stage: Stage, events: readonly Shown[]): readonly Shown[] {
  const keyed = events.map((event) => [stage.random.next(), event] as const);
  return keyed.sort(([a], [b]) => a - b).map(([, event]) => event);
}

export function describe({ startAt, endAt, limit, offset }: PageRequest): string {
  return `[${startAt ?? ""}, ${endAt ?? ""}) ${limit ?? ""} ${offset ?? ""}`;
}
