// Whether the store keeps what the core relies on, with vitest: npx vitest run
import { archiveContract, checkpointContract } from "asana-audit-archive/testing";
import { createMyArchive, createMyCheckpoints } from "./my-store.js";

archiveContract("mine", async () => {
  const objects = new Map();
  return { store: createMyArchive(objects), another: () => createMyArchive(objects), close: async () => {} };
});

checkpointContract("mine", async () => {
  const states = new Map();
  return { store: createMyCheckpoints(states), another: () => createMyCheckpoints(states), close: async () => {} };
});
