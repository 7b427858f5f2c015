/** The linter refuses effects in the core. Each snippet is one that it must refuse, or that it must let pass. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const CORE = ["event", "segment", "archive", "coverage", "seal", "drain", "verification"];

const EFFECTS: Readonly<Record<string, string>> = {
  "Date.now": "export const now = () => Date.now();",
  "Date.now, without a call": "export const now = Date.now;",
  "new Date": "export const now = () => new Date();",
  "Math.random": "export const dice = () => Math.random();",
  "performance.now": "export const now = () => performance.now();",
  setTimeout: "export const wait = () => setTimeout(() => undefined, 1);",
  setInterval: "export const wait = () => setInterval(() => undefined, 1);",
  setImmediate: "export const wait = () => setImmediate(() => undefined);",
  process: "export const id = process.pid;",
  console: 'export const log = () => console.log("");',
  fetch: "export const load = fetch;",
  "crypto.randomUUID": "export const id = () => crypto.randomUUID();",
  "a global by way of globalThis": "export const load = globalThis.fetch;",
  "node:crypto's randomness": 'export { randomBytes } from "node:crypto";',
  "a dynamic import": 'export const load = () => import("node:https");',
  ...Object.fromEntries(
    [
      ...["node:timers", "node:timers/promises", "node:http", "node:https", "node:net", "node:process", "node:fs"],
      ...["node:fs/promises", "node:child_process", "node:worker_threads", "node:os", "node:perf_hooks"],
      ...[
        "../source/page.ts",
        "../stores/s3-archive.ts",
        "../telemetry/log.ts",
        "../tokens/secrets-manager.ts",
        "../signers/kms.ts",
      ],
      ...["../../cli/main.ts", "../../infra/app.ts", "../../feed/feed.ts", "../../sql/views.ts"],
      ...[
        "../system-clock.ts",
        "../config.ts",
        "../dependencies.ts",
        "../handler.ts",
        "../sealer-dependencies.ts",
        "../sealer-handler.ts",
        "../verifier-dependencies.ts",
        "../verifier-handler.ts",
      ],
      ...["@aws-sdk/client-s3", "@middy/core", "@aws-lambda-powertools/logger"],
    ].map((target) => [`an import of ${target}`, `export * from "${target}";`]),
  ),
};

const PURE = `import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { ArchiverError } from "../errors.ts";
import type { Clock } from "../ports.ts";
export const all = (clock: Clock) => [hash, crc32, ArchiverError, new Date(clock.now()), Date.parse(""), Math.min(1)];
`;

let refused: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "lint-"));
  const files = CORE.flatMap((room) => [
    { path: `lambda/${room}/pure.ts`, text: PURE },
    ...Object.values(EFFECTS).map((text, index) => ({ path: `lambda/${room}/effect-${index}.ts`, text: `${text}\n` })),
  ]);
  for (const name of ["biome.json", "core.grit"]) await cp(join(ROOT, name), join(folder, name));
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  refused = await lint(folder);
});

/** Names of the rules that refuse each file. */
async function lint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const options = ["lint", "--vcs-enabled=false", "--max-diagnostics=none", "--reporter=json", "."];
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, [biome, ...options], { cwd: folder, maxBuffer: 1e9 }, (_, output) => resolve(output));
  });
  const { diagnostics } = JSON.parse(stdout);
  const found = new Map<string, string[]>();
  for (const { category, location } of diagnostics) {
    found.set(location.path, [...(found.get(location.path) ?? []), category]);
  }
  return found;
}

const REFUSALS = ["lint/style/noRestrictedGlobals", "lint/style/noRestrictedImports", "plugin"];

it.each(CORE.flatMap((room) => Object.keys(EFFECTS).map((effect, index) => [room, effect, index] as const)))(
  "in %s/ the linter refuses %s",
  (room, _, index) => {
    const rules = refused.get(`lambda/${room}/effect-${index}.ts`) ?? [];
    expect(rules.filter((rule) => REFUSALS.includes(rule))).not.toEqual([]);
  },
);

it.each(CORE)("in %s/ the linter lets pass hashing, arithmetic on dates and numbers, and ports", (room) => {
  expect(refused.get(`lambda/${room}/pure.ts`)).toBeUndefined();
});
