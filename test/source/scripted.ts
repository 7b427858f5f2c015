import { inspect } from "node:util";
import type { ArchiverError } from "../../lambda/errors.ts";
import type { Clock, PageRequest } from "../../lambda/ports.ts";
import { defaultSourceSettings, type SourceSettings, type TokenProvider } from "../../lambda/source/asana-source.ts";
import type { HttpRequest, HttpResponse } from "../../lambda/source/transport.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { fixedToken, NEVER, openSource } from "../fakes/run.ts";

export const TOKEN = "2/1201:secret0token";
export const OFFSET = "offset.secret+token";
export const emptyPage = '{"data":[],"next_page":null}';
export const startMs = Date.parse("2026-05-01T09:00:00Z");

/** An answer, or what the transport throws. */
export type Step = (Partial<Omit<HttpResponse, "body">> & { readonly body?: string }) | Error;

/** A source whose transport plays back `steps`, the last one for ever, on a clock that never makes anybody wait. */
export function scriptedSource(steps: readonly Step[], options: Partial<ScriptOptions> = {}) {
  const clock = options.clock ?? createJumpingClock(startMs);
  const requests: (HttpRequest & { readonly atMs: number })[] = [];
  const logs: {
    readonly level: string;
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[] = [];
  const waits: (readonly [delayMs: number, isNamed: boolean])[] = [];
  const transport = async (request: HttpRequest): Promise<HttpResponse> => {
    requests.push({ ...request, atMs: clock.now() - startMs });
    const step = steps[Math.min(requests.length, steps.length) - 1] as Step;
    if (step instanceof Error) throw step;
    return { status: step.status ?? 200, headers: step.headers ?? {}, body: Buffer.from(step.body ?? emptyPage) };
  };
  const tokens = options.tokens ?? fixedToken(TOKEN);
  const log = (level: string, message: string, fields = {}) => void logs.push({ level, message, fields });
  const { requestsPerSecond } = defaultSourceSettings; // at the pace of the product
  const source = openSource(
    { transport, tokens, clock, random: () => 1, log, onWait: (delayMs, isNamed) => waits.push([delayMs, isNamed]) },
    { requestsPerSecond, baseUrl: "https://asana.test/api/1.0", ...options.settings },
  );
  const ask = (request: Partial<PageRequest> = {}, signal = NEVER) =>
    source.page({ workspace: "1201", ...request }, signal);
  const fail = (request: Partial<PageRequest> = {}, signal?: AbortSignal): Promise<ArchiverError> =>
    ask(request, signal).then(
      (page) => Promise.reject(new Error(`expected an error, got ${inspect(page)}`)),
      (error) => error,
    );
  return { source, ask, fail, requests, logs, waits, clock };
}

export interface ScriptOptions {
  readonly settings: Partial<SourceSettings>;
  readonly tokens: TokenProvider;
  readonly clock: Clock;
}

export const errorBody = (message: string, more: object = {}) => JSON.stringify({ errors: [{ message, ...more }] });

/** Everything that an error or a log shows to whoever prints it, causes and stack included. */
export const shown = (value: unknown) => inspect(value, { depth: 20, showHidden: true });
