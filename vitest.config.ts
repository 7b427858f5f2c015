import "./cli/check-node.js";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * Files share what a worker has loaded: loading it took longer than testing it. And node loads it and strips its types, as when
 * the programs run: by way of vite the tests of the core took a tenth more CPU time. Nothing here needs `vi.mock`.
 */
const SHARED = {
  isolate: false,
  unstubEnvs: true,
  experimental: { viteModuleRunner: false, nodeLoader: false },
};

/** The rung of breadth: what takes long and needs no emulator. */
const BREADTH = [
  // Whoever attacks, and many of a kind.
  "test/hostile/**/*.test.ts",
  "test/query/{comparison,copied-answers,hostile,hostile-parameters,querying-doc}.test.ts",
  "test/infra/synthesis-checks.test.ts",
  // In the hands of other programs.
  "test/interop/**/*.test.ts",
  "test/cli/{service,timestamp-token}.test.ts",
  "test/documents/verify-by-hand.test.ts",
  "test/infra/template.test.ts",
  // Processes that stay, or are killed, starved, watched, or of an earlier version.
  "test/cli/{compile-cache,copy,earlier-version,interrupts,leftovers,loads,slow-uplink,staying,verify-threads}.test.ts",
];

/** Variables ask the simulation for more than it plays by itself (test/simulation/counts.ts), which may take hours. */
const asksForMore = Object.keys(process.env).some((name) => name.startsWith("SIMULATION_"));
const SIMULATION_TIMEOUT_MS = asksForMore ? 14_400_000 : 600_000;

/**
 * The rungs of the test ladder; see CONTRIBUTING.md. `npm test` runs those that need no emulator. The time-outs are for
 * tests that hang: a machine under load must not reach them.
 */
export default defineConfig({
  test: {
    // One core is left alone by default, which of two is half. Tests wait a quarter of their time, for programs and for
    // retries, so that two cores have work for three.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      project(
        "core",
        ["test/{core,event,source,segment,archive,coverage,seal,drain,verification,stamps,stores}/**/*.test.ts"],
        120_000,
        SHARED,
      ),
      project("unit", ["test/{documents,tokens,signers,feed,cli,query}/**/*.test.ts"], 300_000, {
        ...SHARED,
        exclude: BREADTH,
      }),
      // The core's own broad test plays a few tries in the core's rung, too.
      project("breadth", [...BREADTH, "test/seal/tampering.test.ts"], 600_000, {
        ...SHARED,
        env: { TRIES: process.env["TRIES"] ?? "4" },
      }),
      project("infra", ["test/infra/**/*.test.ts"], 300_000, {
        ...SHARED,
        exclude: BREADTH,
        env: { CDK_VALIDATION: "false" },
      }),
      project("simulation", ["test/simulation/**/*.test.ts"], SIMULATION_TIMEOUT_MS),
      project("aws", ["test/aws/**/*.test.ts"], 900_000),
      project("package", ["test/package/**/*.test.ts"], 300_000, {
        globalSetup: ["test/temporary-folder.ts", "test/package/pack.ts"],
      }),
      project("athena", ["test/athena/**/*.test.ts"], 900_000),
    ],
  },
});

function project(name: string, include: string[], testTimeout: number, more: object = {}) {
  const globalSetup = "test/temporary-folder.ts";
  const environment = "node" as const;
  return { test: { name, include, globalSetup, testTimeout, hookTimeout: testTimeout, environment, ...more } };
}
