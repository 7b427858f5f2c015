import { globSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const VERIFYING = ["archive/verify", "archive/verify-store", "archive/tampering"];

/** Constants, types and the making of clients: no test could notice a mutant. */
export const WITHOUT_LOGIC: readonly string[] = [
  "lambda/drain/limits.ts",
  "lambda/segment/bounds.ts",
  "lambda/seal/signer.ts",
  "lambda/segment/error.ts",
  "lambda/source/transport.ts",
  "lambda/stores/aws-clients.ts",
];

/** Files that have no test of their name, or that other tests belong to as well: all of their tests. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  "archive/claims": VERIFYING,
  "archive/day-range": ["archive/status", "archive/verify"],
  "archive/inventory": ["archive/verify", "archive/status", "archive/tampering"],
  "archive/invariants": ["archive/invariants", "archive/tampering"],
  "archive/log-segments": ["archive/day-log"],
  "archive/log-status": ["archive/status"],
  "archive/unknown-creates": ["drain/commit", "coverage/coverage-log"],
  "archive/verify": VERIFYING,
  "archive/verify-doubles": VERIFYING,
  "archive/verify-log": VERIFYING,
  "archive/verify-segment": VERIFYING,
  "archive/verify-workspace": VERIFYING,
  "archive/violation": [...VERIFYING, "archive/violation"],
  config: ["infra/config"],
  "coverage/ledger": ["seal/tampering"],
  "drain/drain": ["drain/run-ends", "drain/drain"],
  "drain/pages": ["drain/pages", "drain/pages-wire"],
  "drain/report": ["drain/drain"],
  "drain/rescan": ["drain/run-ends", "drain/rescan"],
  "drain/run": ["drain/run-ends", "drain/drain", "drain/races"],
  "drain/setbacks": ["drain/readers", "drain/tail"],
  "drain/source-clock": ["drain/rescan", "drain/tail", "drain/readers"],
  "drain/span-list": ["drain/readers"],
  "drain/survey-counts": ["drain/coverage"],
  "drain/survey-entries": ["drain/coverage"],
  errors: ["infra/log"],
  "event/event": ["event/instant"],
  "event/event-scanner": ["event/event-scanner", "source/page"],
  "event/strict-json": ["segment/manifest", "coverage/entry"],
  handler: ["infra/handler"],
  "seal/check-day": ["seal/sealer"],
  "seal/due": ["seal/sealer"],
  "seal/gaps": ["seal/chain", "seal/sealer"],
  "seal/late": ["seal/chain"],
  "seal/look-back": ["seal/sealer"],
  "seal/judge-stamps": ["seal/tampering"],
  "seal/public-keys": ["seal/tampering"],
  "seal/prove-event": ["cli/prove"],
  "seal/seal-status": ["archive/status"],
  "seal/read-seals": ["seal/tampering"],
  "seal/verify-seals": ["seal/tampering"],
  "seal/seal-end": ["seal/sealer"],
  "seal/seal-file": ["seal/chain", "seal/proof-file"],
  "seal/seal-key": ["seal/chain"],
  "seal/write-seal": ["seal/sealer"],
  "stamps/open-authorities": ["infra/sealer-handler"],
  "signers/seals-topic": ["infra/sealer-handler"],
  "source/asana-change": ["source/notices"],
  "source/asana-source": ["source/asana-source", "source/token", "source/notices"],
  "source/https-transport": ["source/https-transport", "source/tls"],
  "source/request": ["source/request", "source/page"],
  "stores/directory-archive": ["stores/directory-archive", "stores/durability"],
  "stores/directory-walk": ["stores/directory-archive", "stores/durability"],
  "stores/drafts": ["stores/directory-archive", "stores/durability"],
  "stores/durable-file": ["stores/durable-file", "stores/durability"],
  "stores/file-checkpoint": ["stores/file-checkpoint", "stores/durability"],
  "stores/key-rules": ["stores/key-rules", "stores/memory-archive"],
  "telemetry/function-parts": ["infra/handler"],
  "telemetry/log": ["infra/log"],
  "telemetry/metrics": ["infra/handler"],
  "telemetry/run-metrics": ["infra/run-metrics"],
  "tokens/held-tokens": ["tokens/secrets-manager", "tokens/parameter-store"],
  "verification/gather": ["verification/steps"],
  "verification/plan": ["verification/steps"],
  "verification/snapshot": ["verification/steps"],
  "verification/verification-report": ["infra/verifier-handler"],
  "verification/verify-portion": ["verification/steps"],
  "verification/work": ["verification/steps"],
};

/**
 * Which tests judge which file's mutants: those that test the file directly and take milliseconds. A mutant that only a
 * test of something else finds counts as survived; the score is the harder for it, and a run the shorter.
 */
export const suites: readonly (readonly [file: string, ...tests: string[]])[] = [
  ...new Set([
    ...globSync("lambda/*/*.ts", { cwd: ROOT }),
    ...Object.keys(OTHERWISE).map((name) => `lambda/${name}.ts`),
  ]),
]
  .filter((file) => !WITHOUT_LOGIC.includes(file))
  .sort()
  .map((file) => {
    const name = file.slice("lambda/".length, -".ts".length);
    return [file, ...(OTHERWISE[name] ?? [name]).map((test) => `test/${test}.test.ts`)];
  });
