/**
 * The contracts of the store ports as suites for vitest (a peer dependency): run them on a store of your own.
 *
 *     import { archiveContract, checkpointContract } from "asana-audit-archive/testing";
 *
 *     archiveContract("mine", async () => ({ store: open(), another: () => open(), close: async () => {} }));
 *
 * A store that passes is one with which the core keeps its promises, as far as that follows from its answers. What no suite can
 * see is up to the store: that an object which was created is still there after a power failure.
 *
 * The suites are loaded from here and not by an import, because a missing vitest would otherwise be reported as a path inside of
 * this package.
 */
import "./check-node.ts";
import { createRequire } from "node:module";
import { isCheckout } from "./checkout.ts";
import type * as Archives from "./testing/archive-contract.ts";
import type { OpenArchive } from "./testing/archive-contract.ts";
import type * as Checkpoints from "./testing/checkpoint-contract.ts";
import type { OpenCheckpoint } from "./testing/checkpoint-contract.ts";

export type { OpenArchive, OpenCheckpoint };

const load = createRequire(import.meta.url);

try {
  load.resolve("vitest");
} catch (cause) {
  throw new Error(
    "asana-audit-archive/testing needs the package vitest, which is not installed. Run `npm install --save-dev vitest`.",
    { cause },
  );
}
const suffix = isCheckout ? "ts" : "js";
const archives: typeof Archives = load(`./testing/archive-contract.${suffix}`);
const checkpoints: typeof Checkpoints = load(`./testing/checkpoint-contract.${suffix}`);

/**
 * What every archive store owes its users; run on each adapter. `open` gives an empty archive. Each case works under
 * a prefix of its own, so that one archive serves them all. `pageKeys`: how many keys a page of the store's list holds.
 */
export function archiveContract(name: string, open: () => Promise<OpenArchive>, pageKeys?: number): void {
  archives.archiveContract(name, open, pageKeys);
}

/** What every checkpoint store owes its users; run on each adapter. Each case has a workspace of its own. */
export function checkpointContract(name: string, open: () => Promise<OpenCheckpoint>): void {
  checkpoints.checkpointContract(name, open);
}
