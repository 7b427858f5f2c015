/** The real command line, and a real feed over HTTP for it to talk to. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createCompany } from "../../feed/company.ts";
import { createFeed, type Feed } from "../../feed/feed.ts";
import { FEED_TOKEN, type FeedOptions } from "../../feed/options.ts";
import { serveFeed } from "../../feed/server.ts";
import { COMPILE_CACHE } from "../compile-cache.ts";
import type { Answer, Call } from "./cli-host.ts";

/** Longer than any command takes on a busy machine; what hangs is killed. */
const HANGS_AFTER_MS = 300_000;
const PROGRAM = join(import.meta.dirname, "..", "..", "cli", "bin.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Added to an environment that holds nothing but PATH and the feed's token; null takes the token away. */
  readonly token?: string | null;
  readonly input?: string;
  readonly cwd?: string;
  /** More of an environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface HostedOptions extends CliOptions {
  /** Lets it believe that standard output is a terminal. */
  readonly isTerminal?: boolean;
}

/** Of a process of its own. */
export interface ProcessOptions extends CliOptions {
  /** Runs as this user; only root can ask for it. */
  readonly uid?: number;
  /** Given to node itself. */
  readonly nodeFlags?: readonly string[];
  /** The descriptor of an open file that takes standard output, which is then not collected. */
  readonly stdout?: number;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** Resolves as soon as so many lines were printed in all. */
  whenPrinted(lines: number): Promise<void>;
  readonly ended: Promise<Ended>;
}

const environmentOf = ({ token = FEED_TOKEN, env }: CliOptions): Record<string, string> => ({
  PATH: process.env["PATH"]!,
  NODE_COMPILE_CACHE: COMPILE_CACHE,
  XDG_CONFIG_HOME: "/nonexistent",
  XDG_CACHE_HOME: "/dev/null", // nothing is kept from one command to the next
  ...(token !== null && { ASANA_TOKEN: token }),
  ...env,
});

export function startCli(args: readonly string[], options: ProcessOptions = {}): RunningCli {
  const { input, cwd, uid, nodeFlags = [], stdout = "pipe" } = options;
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM, ...args], {
    env: environmentOf(options),
    stdio: ["pipe", stdout, "pipe"],
    timeout: HANGS_AFTER_MS,
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid }),
  });
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const whenPrinted = async (lines: number): Promise<void> => {
    while (output.stdout.split("\n").length <= lines) await once(child.stdout!, "data");
  };
  child.stdin!.on("error", () => undefined);
  child.stdin!.end(input ?? "");
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, whenPrinted, ended };
}

/** In a process of its own, which takes longer: for what is about the process, as its user, or what node reads when it starts. */
export const runProcess = (args: readonly string[], options: ProcessOptions = {}): Promise<Ended> =>
  startCli(args, options).ended;

const HOST = join(import.meta.dirname, "cli-host.ts");
/** What any command may keep, whatever it is given to read. */
export const HEAP = "--max-old-space-size=256";
/** Past this, what earlier commands left in a host's memory is given back with its process. */
const MAX_HOST_BYTES = 600_000_000;
const idleHosts: ChildProcess[] = [];

/** In a process that has run other commands before; commands that are started together run in a process each. */
export async function runCli(args: readonly string[], options: HostedOptions = {}): Promise<Ended> {
  const host = idleHosts.pop() ?? startHost();
  const { cwd = process.cwd(), input = "", isTerminal = false } = options;
  const call: Call = { argv: [PROGRAM, ...args], env: environmentOf(options), cwd, input, isTerminal };
  const { rssBytes, ...ended } = await new Promise<Answer>((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`the process of \`${args.join(" ")}\` died: ${code}`));
    host.once("exit", died);
    host.once("message", (answer: Answer) => {
      host.off("exit", died);
      resolve(answer);
    });
    host.send(call);
  });
  if (rssBytes > MAX_HOST_BYTES) host.disconnect();
  else idleHosts.push(host);
  return { ...ended, signal: null };
}

/** It ends with this process: once nobody can ask it any more, nothing keeps it alive. */
function startHost(): ChildProcess {
  const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: COMPILE_CACHE };
  const host = fork(HOST, {
    env,
    execArgv: [HEAP],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  host.unref();
  host.channel!.unref();
  return host;
}

export const WORKSPACE = "1201234567890123";

/** A user with no rights of its own. */
export const NOBODY = 65_534;

/** The UTC day so many days after today. */
export const dayFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

export interface TestFeed {
  readonly feed: Feed;
  readonly baseUrl: string;
  /** `--source` and `--workspace`. */
  readonly flags: readonly string[];
  /** Resolves as soon as the feed has been asked so often in all. */
  whenAsked(requests: number): Promise<void>;
}

/** A day and a half of a company, made until ten minutes ago, so that it stands still; closed after the test. */
export async function startFeed(
  options: FeedOptions & { readonly events?: number; readonly days?: number } = {},
): Promise<TestFeed> {
  const { events = 600, days = 1.5, ...given } = options;
  const toMs = Date.now() - 600_000;
  const company = createCompany({ seed: "cli", events, fromMs: toMs - days * 86_400_000, toMs, lateRate: 0 });
  const feed = createFeed({ workspaces: [{ gid: WORKSPACE, company }], ...given });
  const waiting: { readonly requests: number; readonly resolve: () => void }[] = [];
  const handle: Feed["handle"] = (request, nowMs) => {
    const response = feed.handle(request, nowMs);
    for (const { requests, resolve } of waiting) if (feed.requests.length >= requests) resolve();
    return response;
  };
  const served = await serveFeed({ ...feed, handle }, { clock: Date });
  onTestFinished(() => served.close());
  return {
    feed,
    baseUrl: served.baseUrl,
    flags: ["--source", served.baseUrl, "--workspace", WORKSPACE],
    whenAsked: (requests) => new Promise((resolve) => waiting.push({ requests, resolve })),
  };
}

/** A directory of the test's own. */
export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "asana-audit-archive-cli-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
