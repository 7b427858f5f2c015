/**
 * The token is for the source alone. Through every failure there is, with everything logged that can be, it is in no
 * log line, metric, answer, error, file, environment or crash report; also if the source itself says it back.
 */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { FeedFault } from "../../feed/faults.ts";
import { createFeed } from "../../feed/feed.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { feedTransport } from "../../feed/transport.ts";
import { createHandler } from "../../lambda/handler.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import type { Transport } from "../../lambda/source/transport.ts";
import { describeError } from "../../lambda/telemetry/log.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { catchOutput } from "../fakes/output.ts";
import { fixedToken, openSource, runDeps } from "../fakes/run.ts";
import { CANARY, home, runCli } from "./cli.ts";
import {
  eventLine,
  type HostileServer,
  honest,
  type Play,
  pageOf,
  reply,
  startHostileServer,
} from "./hostile-server.ts";
import { expectNoTrace } from "./leaks.ts";

const NOW_MS = Date.parse("2026-05-01T12:01:00Z");
const transportSettings = { ...defaultTransportSettings, stallMs: 200, attemptMs: 400 };

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer(honest([]));
});
afterAll(() => server.close());
const baseUrl = () => `http://127.0.0.1:${server.port}/api/1.0`;

/** Says the token back wherever an answer has room for it. */
const echo =
  (status: string, body: (token: string) => string): Play =>
  (socket, _, { headers }) => {
    const token = (new Map(headers).get("authorization") ?? "").replace("Bearer ", "");
    expect(token).toBe(CANARY);
    const told = [
      `Asana-Change: name=${token};info=https://example.com/${token};affected=true`,
      `Location: http://127.0.0.1:1/${token}`,
      `WWW-Authenticate: Bearer realm="${token}"`,
      `Retry-After: ${token}`,
      `Set-Cookie: ${token}`,
      `X-Request-Id: ${token}`,
    ];
    socket.write(reply({ status: `${status} ${token}`, headers: told, body: body(token) }));
  };
const envelope = (token: string): string =>
  JSON.stringify({
    errors: [token, ` ${encodeURIComponent(token)} `].map((message) => ({ message, phrase: message, help: token })),
  });

const ECHOES: readonly (readonly [string, Play])[] = [
  ...["200", "201", "302", "400", "401", "402", "403", "404", "418", "429", "451", "500", "503", "999"].map(
    (status) => [`${status} that says the token back`, echo(status, envelope)] as const,
  ),
  ["HTML that says the token back", echo("200", (token) => `<html>${token}</html>`)],
  ["JSON that breaks at the token", echo("200", (token) => `{"data":[{"name":"x" ${token}`)],
  ["an offset complaint with the token", echo("400", (token) => envelope(`Your pagination token ${token} is broken`))],
  [
    "no HTTP but the token",
    (socket, _, { headers }) => void socket.end(`${new Map(headers).get("authorization")}\r\n\r\n`),
  ],
  ["a header of the token and a NUL", (socket) => void socket.write(`HTTP/1.1 200 OK\r\nX-${CANARY}: \u0000\r\n\r\n`)],
  ["a reset", (socket) => void socket.resetAndDestroy()],
  ["silence", () => undefined],
];

const FAULTS: readonly FeedFault[] = [
  { kind: "reset" },
  { kind: "cut" },
  { kind: "cut", clean: true },
  { kind: "stall" },
  { kind: "server-error" },
  { kind: "server-error", phrase: false },
  { kind: "status", status: 502, body: "html" },
  { kind: "status", status: 401, body: "json" },
  { kind: "status", status: 402, body: "json" },
  { kind: "status", status: 403, body: "json" },
  { kind: "status", status: 404, body: "json" },
  { kind: "rate-limited" },
  { kind: "rate-limited", retryAfter: "100000" },
  { kind: "refuse-offset" },
  { kind: "broken-json" },
  { kind: "broken-event" },
  { kind: "no-data" },
  { kind: "null-data" },
  { kind: "errors-envelope" },
  { kind: "redirect" },
  { kind: "text" },
];

describe("in the function, at the most talkative level", () => {
  let printed = "";
  beforeEach(() => {
    printed = "";
    catchOutput((text) => {
      printed += text;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Two invocations of each task, and everything that is left of them. */
  async function invoke(transport: Transport, url: string, workspace: string): Promise<void> {
    const objects = new Map<string, Buffer>();
    const checkpoints = createMemoryCheckpoint();
    const clock = createJumpingClock(NOW_MS);
    const tokens = fixedToken(CANARY);
    const environment = { ARCHIVE_NAME: "Archive", LOG_LEVEL: "debug" };
    const handler = createHandler(environment, () => (_workspace, runId, log) => {
      const source = openSource({ transport, tokens, clock, log }, { baseUrl: url, maxAttempts: 2 });
      const archive = createMemoryArchive(objects);
      return { deps: runDeps({ source, archive, checkpoints, clock, log, runId }), settings: defaultRunSettings };
    });
    const context = { awsRequestId: "request", functionName: "archiver", getRemainingTimeInMillis: () => 600_000 };
    for (const task of ["drain", "rescan", "drain"]) {
      const ended = await handler({ workspace, task }, context as Context).then(
        (answer) => answer,
        (error) => error,
      );
      expectNoTrace(CANARY, ended, "the answer or error");
      expectNoTrace(CANARY, describeError(ended), "the error as it is logged");
    }
    expect(printed.length).toBeGreaterThan(1_000);
    expectNoTrace(CANARY, printed, "log lines and metrics");
    expectNoTrace(CANARY, await checkpoints.read(workspace), "the checkpoint");
    for (const [key, bytes] of objects) expectNoTrace(CANARY, Buffer.concat([Buffer.from(key), bytes]), key);
  }

  it.each(ECHOES)("after %s", async (_, play) => {
    server.play(play);
    const transport = createHttpsTransport(transportSettings);
    try {
      await invoke(transport, baseUrl(), "1201");
    } finally {
      transport.close();
    }
  });

  it.each(FAULTS.map((fault) => [JSON.stringify(fault), fault] as const))("after %s", async (_, fault) => {
    const script = [
      { request: 2, times: 3, fault },
      { request: 7, times: 1_000, fault },
    ];
    const feed = createFeed({ limits: null, tokens: { [CANARY]: "full" }, faults: { script }, defaultLimit: 2 });
    for (let index = 0; index < 9; index++) feed.append(FEED_WORKSPACE, eventLine(index));
    await invoke(feedTransport(feed, createJumpingClock(NOW_MS)), "https://asana.test/api/1.0", FEED_WORKSPACE);
  });
});

describe("on the command line, with --debug", () => {
  const cwd = join(home, "secret");
  const source = () => ["--source", baseUrl(), "--workspace", "1201", "--attempts", "1"];
  beforeAll(async () => {
    await mkdir(cwd);
    await writeFile(join(home, "token"), CANARY, { mode: 0o644 });
  });

  /** `by` a flag, where no token belongs, it is in the command line of the process, and so in its crash report. */
  async function leavesNoTrace(
    args: readonly string[],
    by: "environment" | "file" | "flag" = "environment",
  ): Promise<void> {
    const dump = join(cwd, "dump");
    for (const style of [["--debug"], ["--debug", "--json"]]) {
      const given = by === "file" ? [...args, "--token-file", "../token"] : args;
      // Environment and crash report are those of a process of its own, whatever is printed there.
      const isDumped = by !== "flag" && style.includes("--json");
      const { stdout, stderr } = await runCli([...given, ...style], { cwd, ...(isDumped && { dump }) });
      expectNoTrace(CANARY, stdout, "standard output");
      expectNoTrace(CANARY, stderr, "standard error");
    }
    const entries = await readdir(cwd, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    if (by !== "flag") expect(files.filter((file) => file.endsWith(".report.json")).length).toBeGreaterThan(0);
    for (const file of files) expectNoTrace(CANARY, await readFile(file), file);
  }

  it.each(ECHOES.filter(([name]) => /^(200|302|401|500|HTML|no HTTP)/.test(name)))("after %s", async (_, play) => {
    server.play(play);
    await leavesNoTrace(["drain", ...source(), "--archive", "broken"]);
  });

  it("after a drain and all that can be done with what it archived", async () => {
    server.play(honest([0, 1, 2, 3, 4].map(eventLine)));
    await leavesNoTrace(["drain", ...source(), "--archive", "good"], "file");
    for (const args of [["verify"], ["status"], ["export"], ["query", "SELECT line FROM events"]]) {
      await leavesNoTrace([...args, "--archive", "good"]);
    }
  });

  it("after a fetch, a place that is none, and a token given where none belongs", async () => {
    server.play(echo("500", envelope));
    await leavesNoTrace(["fetch", ...source(), "--one-page"]);
    server.play((socket) => void socket.write(reply({ body: pageOf([eventLine(1)], "o1") })));
    await leavesNoTrace(["fetch", ...source(), "--one-page"]);
    await leavesNoTrace(["drain", ...source(), "--archive", "../token"]);
    await leavesNoTrace(["drain", ...source(), "--archive", "good", "--token", CANARY], "flag");
    await leavesNoTrace(["drain", ...source(), "--archive", "good", `--token=${CANARY}`], "flag");
    await leavesNoTrace(["drain", ...source(), "--archive", "good", "--workspace", CANARY], "flag");
    const withPassword = `http://${encodeURIComponent(CANARY)}@127.0.0.1/`;
    await leavesNoTrace(["drain", "--source", withPassword, "--workspace", "1201", "--archive", "a"], "flag");
  });
});
