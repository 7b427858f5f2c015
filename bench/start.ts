import { fork, spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { BUNDLE_FILE, bundleHandler } from "../infra/bundle/bundle.ts";
import { ENVIRONMENT } from "../lambda/contract.ts";
import { createCertificate } from "../test/fakes/certificate.ts";
import type { Bench } from "./harness/bench.ts";
import { newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, withRange } from "./harness/figures.ts";
import { answerOf } from "./harness/processes.ts";
import { rounds, wallMs } from "./harness/rounds.ts";
import { exactly, spread, spreadOfRatios } from "./harness/statistics.ts";
import type { Call } from "./start/aws-endpoint.ts";

const RUN = join(import.meta.dirname, "start", "run-handler.mjs");
const EMPTY = join(import.meta.dirname, "start", "empty-handler.mjs");

export const start: Bench = {
  name: "start",
  claim: "a cold start is short: a small bundle, and nothing loaded that is not used",
  async run(scale) {
    const folder = newFolder();
    const metafile = await bundleHandler("archiver", folder);
    const bundle = join(folder, BUNDLE_FILE);
    const bytes = statSync(bundle).size;
    const gzipped = gzipSync(readFileSync(bundle), { level: 9 }).length;
    const { cert, key } = createCertificate();
    writeFileSync(join(folder, "ca.pem"), cert);
    const endpoint = fork(join(import.meta.dirname, "start", "aws-endpoint.ts"));
    const { url } = await answerOf<{ url: string }>(endpoint, { cert, key });
    const environment = { ...settings(url), NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") };
    const load = (more: Record<string, string>) =>
      runHandler(bundle, { ...environment, ...more, BENCH_LOAD_ONLY: "1" });
    const cache = { NODE_COMPILE_CACHE: join(folder, "cache") };
    await load(cache); // fills it
    const callsSince = () => answerOf<Call[]>(endpoint, {});
    /** Runs once and returns the calls, and the time until the third call to AWS was answered. */
    const run = async (handler: string, more: Record<string, string> = {}) => {
      await callsSince();
      const begunMs = performance.timeOrigin + performance.now();
      const wallMs = await runHandler(handler, { ...environment, ...more });
      const calls = await callsSince();
      const third = calls.filter(({ isAws }) => isAws)[2];
      const result = { calls, thirdMs: third === undefined ? null : third.answeredMs - begunMs };
      return { result, wallMs, cpuMs: 0, peakBytes: 0 };
    };
    const { calls } = (await run(bundle)).result;
    const runs = await rounds(
      { ...scale, rounds: scale.pick(Math.max(11, scale.rounds), 1) },
      {
        empty: () => run(EMPTY),
        handler: () => run(bundle),
        cached: () => run(bundle, cache),
      },
    );
    endpoint.removeAllListeners("exit").kill();
    removeFolder(folder);
    const over = (name: "handler" | "cached") => spreadOfRatios(wallMs(runs[name]), wallMs(runs.empty));
    const thirdMs = (name: "handler" | "cached") =>
      runs[name].map(({ result }) => {
        if (result.thirdMs === null) throw new Error("a run made fewer than three calls to AWS");
        return result.thirdMs;
      });
    const thirdOver = (name: "handler" | "cached") => spreadOfRatios(thirdMs(name), wallMs(runs.empty));
    return {
      ratios: [
        {
          id: "third-call",
          target: 11,
          meaning: "process to the answer of the third AWS call, over an empty handler's process",
          value: thirdOver("handler"),
          goal: { is: "at most", bound: 4, stretch: 2.3 },
          why: "the third call to AWS comes after four TLS handshakes and a page of the source, where the target was set with three calls in a row to two services. Fetching the token while the checkpoint is read was tried and gained nothing here, where the processor is the limit. A compile cache helps (next row), but must be made by the very build of node that Lambda runs.",
        },
        { id: "third-call.cached", meaning: "the same with a compile cache shipped", value: thirdOver("cached") },
        {
          id: "over-empty",
          meaning: `process to the end of a whole run of ${calls.length} calls, over the empty one`,
          value: over("handler"),
        },
        { id: "over-empty.cached", meaning: "the same with a compile cache shipped", value: over("cached") },
        {
          id: "bundle",
          target: 12,
          meaning: "bundle, minified",
          value: exactly(bytes / 1000),
          goal: { is: "at most", bound: 420, stretch: 60 },
          why: "the target was set before a run could be cut off anywhere: the list of spans, looks at silence and unreadable pages take 6 KB. AWS's clients and what they depend on are three quarters of the bundle. Without the stand-ins and esbuild plugins of `infra/bundle` it would be 161 KB, and loading it would take a fifth more CPU time (244 instead of 199 ms, by hand).",
          unit: " KB",
        },
        {
          id: "bundle.gzip",
          target: 12,
          meaning: "bundle, gzip",
          value: exactly(gzipped / 1000),
          goal: { is: "at most", bound: 130, stretch: 20 },
          why: "as for the bundle minified.",
          unit: " KB",
        },
      ],
      tables: [
        {
          title: "One cold run against local TLS endpoints, milliseconds",
          columns: ["handler", "third AWS call answered", "whole run"],
          rows: [
            ["empty", "", withRange(spread(wallMs(runs.empty)))],
            ...(["handler", "cached"] as const).map((name) => [
              name,
              withRange(spread(thirdMs(name))),
              withRange(spread(wallMs(runs[name]))),
            ]),
          ],
        },
        { title: "What is in the bundle", columns: ["package", "KB"], rows: byPackage(metafile.outputs) },
      ],
      notes: [
        `The calls of a run: ${calls.map(({ name }) => name).join(", ")}. Three AWS services and the source are four TLS handshakes; the third call to AWS comes after all of them and after a page of the source. The target was set with three calls in a row to two services.`,
        "No figure here is Lambda's. That no `fetch`, no static `node:http` and no other credential provider is in the bundle is a test (`test/infra/bundle.test.ts`): target 13. The aim of 60 KB and 2.3 is that of hand-signed requests; AWS's own clients were chosen for their retries and their maintenance.",
      ],
    };
  },
};

/** Milliseconds that a process takes to start and handle one invocation. */
function runHandler(handler: string, env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const begunMs = performance.now();
    const child = spawn(process.execPath, [RUN], {
      env: { ...env, BENCH_HANDLER: handler },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    child.once("close", (code) => {
      if (code === 0) resolve(performance.now() - begunMs);
      else reject(new Error(`the handler ended with ${code}: ${said}`));
    });
  });
}

const settings = (url: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example",
  AWS_ENDPOINT_URL: url,
  [ENVIRONMENT.archive]: "bench",
  [ENVIRONMENT.bucket]: "bench-archive",
  [ENVIRONMENT.bucketOwner]: "123456789012",
  [ENVIRONMENT.table]: "bench",
  [ENVIRONMENT.retiredWorkspaces]: "[]",
  [ENVIRONMENT.tokenSecrets]: JSON.stringify({
    "1200000000000001": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
  }),
  [ENVIRONMENT.settings]: "{}",
  [ENVIRONMENT.sourceBaseUrl]: `${url}/api/1.0`,
});

function byPackage(outputs: Awaited<ReturnType<typeof bundleHandler>>["outputs"]): string[][] {
  const sizes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1] ?? "this repository";
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sizes]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 12)
    .map(([name, bytes]) => [name, figure(bytes / 1000)]);
}
