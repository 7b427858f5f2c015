import { defineConfig } from "vitest/config";

/** The tests that judge a file's mutants; `run.ts` names them. */
export default defineConfig({
  test: {
    include: (process.env["MUTATION_TESTS"] ?? "").split(" ").filter(Boolean),
    testTimeout: 60_000,
    environment: "node",
  },
});
