/**
 * A source that turns hostile in the middle of a drain, over real sockets. Whatever it does: what was archived stays,
 * nothing is archived that was not shown, the checkpoint claims no more than that, nobody else is asked, it ends in
 * bounded time and memory and says why, and once the source is honest again the archive is complete.
 */
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drain } from "../../lambda/drain/drain.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import type { Transport } from "../../lambda/source/transport.ts";
import { archivedLines } from "../drain/world.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER, openSource, runDeps } from "../fakes/run.ts";
import { type Behaviour, trap } from "./behaviours/behaviour.ts";
import { bodies } from "./behaviours/bodies.ts";
import { connections } from "./behaviours/connections.ts";
import { headers } from "./behaviours/headers.ts";
import { statuses } from "./behaviours/statuses.ts";
import { DATE, eventLine, type HostileServer, honest, pageOf, reply, startHostileServer } from "./hostile-server.ts";

const WORKSPACE = "1201";
const LINES = Array.from({ length: 9 }, (_, index) => eventLine(index));
const MAX_BODY_BYTES = 256 * 1024;
/** Real time, for what only time can tell; all other waiting is virtual, and honest answers may take their time. */
const HASTY = { ...defaultTransportSettings, stallMs: 200, attemptMs: 600, maxBodyBytes: MAX_BODY_BYTES };
const PATIENT = { ...defaultTransportSettings, maxBodyBytes: MAX_BODY_BYTES };
const ATTEMPTS = 2;
const MAX_PAGES = 40;
const A_MINUTE_AHEAD = "2026-05-01T12:02";
const HONEST_OFFSETS = ["o3", "o6"];
/** Those that a strange page comes with, once its events are archived. */
const ODD_OFFSETS = [
  "a",
  "b",
  `&limit=1#?/../%00+ =\u{1f600}';--`,
  ...Array.from({ length: MAX_PAGES }, (_, n) => `h${n}`),
];

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer(honest(LINES));
});
afterAll(async () => {
  await server.close();
  await trap.close();
});

function openWorld() {
  const archive = createMemoryArchive();
  const checkpoints = createMemoryCheckpoint();
  const clock = createJumpingClock(Date.parse(DATE));
  const [patient, hasty] = [createHttpsTransport(PATIENT), createHttpsTransport(HASTY)];
  const said: string[] = [];
  const log = (level: string, message: string, fields = {}) =>
    void said.push(inspect({ level, message, fields }, { depth: 9, maxStringLength: null }));
  /** `honestAnswers`: so many come first, or all. */
  const run = async (honestAnswers = Number.POSITIVE_INFINITY) => {
    let asked = 0;
    const transport: Transport = (...exchange) => (asked++ < honestAnswers ? patient : hasty)(...exchange);
    const baseUrl = `http://127.0.0.1:${server.port}/api/1.0`;
    const source = openSource({ transport, clock, log }, { baseUrl, maxAttempts: ATTEMPTS });
    const deps = runDeps({ source, archive, checkpoints, clock, log });
    const limits = { maxPages: MAX_PAGES, pageBytes: MAX_BODY_BYTES };
    return await drain(deps, { workspace: WORKSPACE, limits }, NEVER);
  };
  return {
    run,
    said,
    lines: () => archivedLines(archive),
    checkpoint: async () => (await checkpoints.read(WORKSPACE))!.state,
    /** A "not before" that was ordered holds for an hour at most. */
    waitAnHour: () => clock.sleep(3_600_001),
    close: () => {
      patient.close();
      hasty.close();
    },
  };
}

const ALL = { statuses, headers, bodies, connections };

describe.each(Object.entries(ALL))("%s", (_, behaviours) => {
  it.each(behaviours.map((behaviour) => [behaviour.name, behaviour] as const))("%s", meets, 20_000);
});

async function meets(_: string, { play, ends, adds = [] }: Behaviour): Promise<void> {
  const world = openWorld();
  try {
    server.play(honest(LINES.slice(0, 3)));
    await world.run();
    const before = await world.checkpoint();
    expect(before).toMatchObject({ tail: { offset: { token: "o3" } }, watermark: "2026-05-01T12:00:02.000Z" });
    const [asked, memory] = [server.requests.length, process.memoryUsage().rss];

    // One honest page, then the hostile source.
    server.play((socket, n, request) => {
      if (n === 1) socket.write(reply({ body: pageOf(LINES.slice(3, 6), "o6") }));
      else play(socket, n - 1, request);
    });
    const ended = await world.run(1).then(
      ({ outcome }) => outcome,
      (error) => error,
    );
    if (ends === "caught-up") expect(ended).toBe("caught-up");
    else {
      expect(ended).toBeInstanceOf(ArchiverError);
      expect(ended.kind).toBe(ends);
      expect(`${ended.message} ${ended.advice}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|bait|12010000000000/u);
      expect(ended.message.length).toBeLessThan(500);
    }
    const shown = [...LINES.slice(0, 6), ...adds];
    expect((await world.lines()).sort()).toEqual(shown.toSorted());
    const after = await world.checkpoint();
    expect([null, ...HONEST_OFFSETS, ...(adds.length > 0 ? ODD_OFFSETS : [])]).toContain(
      after.tail.offset?.token ?? null,
    );
    expect(shown.map(createdAt)).toContain(after.watermark);
    expect(after.watermark! < A_MINUTE_AHEAD).toBe(true);
    expect(JSON.stringify(after).length).toBeLessThan(10_000);
    for (const said of world.said) {
      expect(said).not.toMatch(/bait|created_at|'o\d'/);
      expect(said.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\\u|\\x/u);
      expect(said.length).toBeLessThan(1_000);
    }

    expect(trap.connections()).toBe(0);
    checkRequests(asked);
    expect(process.memoryUsage().rss - memory).toBeLessThan(128 * 1024 * 1024);

    server.play(honest(LINES));
    await world.waitAnHour();
    expect((await world.run()).outcome).toBe("caught-up");
    expect((await world.lines()).sort()).toEqual([...LINES, ...adds].sort());
  } finally {
    world.close();
  }
}

const createdAt = (line: string): unknown => (JSON.parse(line) as { created_at?: unknown } | null)?.created_at;

/** The one path, the known parameters, once each, and nothing that a hostile answer may have asked to be sent. */
function checkRequests(from: number): void {
  for (const { method, target, headers: sent } of server.requests.slice(from)) {
    const url = new URL(target, "http://localhost");
    expect(method).toBe("GET");
    expect(url.pathname).toBe(`/api/1.0/workspaces/${WORKSPACE}/audit_log_events`);
    const names = [...url.searchParams.keys()];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(["start_at", "end_at", "offset", "limit"]).toContain(name);
    // Fewer events where a page is too large, and one to see whether the source answers anything at all.
    expect([null, "100", "10", "1"]).toContain(url.searchParams.get("limit"));
    const sentNames = sent.map(([name]) => name);
    expect(sentNames.sort().join(" ")).toBe("accept accept-encoding authorization connection host user-agent");
  }
}
