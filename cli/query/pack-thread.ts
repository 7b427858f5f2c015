/** A worker thread of `pack-segments.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { type PostedError, toPosted } from "../worker-thread.ts";
import { makePackSpace, type Packed } from "./pack.ts";
import { type PackTask, packFiles } from "./pack-segments.ts";

export interface PackThreadData {
  readonly folder: string;
}

export type PackReply = { readonly packed: Packed } | { readonly failed: PostedError };

const port = parentPort!;
const { folder } = workerData as PackThreadData;
const space = makePackSpace();

port.on("message", (task: PackTask) => {
  port.postMessage(packed(task));
});

function packed(task: PackTask): PackReply {
  try {
    return { packed: packFiles(task, folder, space) };
  } catch (error) {
    return { failed: toPosted(error) };
  }
}
