/** A worker thread of `pack-segments.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import type { ErrorDetails, ErrorKind } from "../../lambda/errors.ts";
import { toArchiverError } from "../exit.ts";
import type { Packed } from "./pack.ts";
import { type PackTask, packFiles } from "./pack-segments.ts";

export interface PackThreadData {
  readonly folder: string;
}

/** An error would lose its class when posted, so its parts are sent. */
export type PackReply =
  | { readonly packed: Packed }
  | { readonly failed: ErrorDetails & { readonly kind: ErrorKind; readonly message: string } };

const port = parentPort!;
const { folder } = workerData as PackThreadData;

port.on("message", (task: PackTask) => {
  port.postMessage(packed(task));
});

function packed(task: PackTask): PackReply {
  try {
    return { packed: packFiles(task, folder) };
  } catch (error) {
    const { kind, message, advice, stack } = toArchiverError(error);
    const cause = Object.assign(new Error(message), { stack }); // a plain error, so that it can be posted
    return { failed: { kind, message, advice, cause } };
  }
}
