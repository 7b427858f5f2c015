import { defineConfig } from "vitest/config";

/** One project a rung of the test ladder; see CONTRIBUTING.md. `npm test` runs those that need no emulator. */
export default defineConfig({
  test: {
    projects: [
      project(
        "unit",
        ["test/{core,documents,event,source,segment,archive,drain,stores,tokens,feed,cli,query,hostile}/**/*.test.ts"],
        60_000,
      ),
      project("infra", ["test/infra/**/*.test.ts"], 180_000),
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
