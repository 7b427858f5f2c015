/**
 * The contracts of the store ports as suites for vitest (a peer dependency): run them on a store of your own.
 *
 *     import { archiveContract, checkpointContract } from "asana-audit-archive/testing";
 *
 *     archiveContract("mine", async () => ({ store: open(), another: () => open(), close: async () => {} }));
 *
 * A store that passes is one with which the core keeps its promises, as far as that follows from its answers. What no suite can
 * see is up to the store: that an object which was created is still there after a power failure.
 */
import "./check-node.ts";

export { archiveContract, type OpenArchive } from "./testing/archive-contract.ts";
export { checkpointContract, type OpenCheckpoint } from "./testing/checkpoint-contract.ts";
