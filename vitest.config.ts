import { defineConfig } from "vitest/config";

/**
 * The rungs of the test ladder; see CONTRIBUTING.md. `npm test` runs those that need no emulator. The time-outs are for
 * tests that hang: a machine under load must not reach them.
 */
export default defineConfig({
  test: {
    projects: [
      project("core", ["test/{core,event,source,segment,archive,drain,stores}/**/*.test.ts"], 120_000),
      project("unit", ["test/{documents,tokens,feed,cli,query,hostile}/**/*.test.ts"], 300_000),
      project("infra", ["test/infra/**/*.test.ts"], 300_000),
      project("simulation", ["test/simulation/**/*.test.ts"], 600_000),
      project("aws", ["test/aws/**/*.test.ts"], 900_000),
      project("athena", ["test/athena/**/*.test.ts"], 900_000),
    ],
  },
});

function project(name: string, include: string[], testTimeout: number) {
  const globalSetup = "test/temporary-folder.ts";
  return { test: { name, include, globalSetup, testTimeout, hookTimeout: testTimeout, environment: "node" as const } };
}
