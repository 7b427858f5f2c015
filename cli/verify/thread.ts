/** A worker thread of `threads.ts`: opens the archive and verifies the requested logs. */
import { parentPort, workerData } from "node:worker_threads";
import { type LogResult, type LogTask, type SegmentAdded, verifyLog } from "../../lambda/archive/verify-log.ts";
import type { ErrorDetails, ErrorKind } from "../../lambda/errors.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { toArchiverError } from "../exit.ts";
import { openForReading } from "../open.ts";

export interface ThreadRequest {
  readonly id: number;
  readonly task: LogTask;
}

/** Any number of `added`, then one of the others. An error would lose its class when posted, so its parts are sent. */
export type ThreadReply = { readonly id: number } & (
  | { readonly added: SegmentAdded }
  | { readonly result: LogResult }
  | { readonly failed: ErrorDetails & { readonly kind: ErrorKind; readonly message: string } }
);

const port = parentPort!;
const opened = openForReading({ archive: workerData as string }, "check");
opened.catch(() => undefined); // reported in the reply to each request
const codec = createStreamingCodec();

port.on("message", async ({ id, task }: ThreadRequest) => {
  const send = (answer: ThreadReply, moved: ArrayBuffer[] = []) => port.postMessage(answer, moved);
  try {
    const { archive } = await opened;
    const result = await verifyLog({ archive, codec, onSegment: (added) => send({ id, added }) }, task);
    send({ id, result }, [result.ids.buffer as ArrayBuffer]);
  } catch (error) {
    const { kind, message, advice, stack } = toArchiverError(error);
    const cause = Object.assign(new Error(message), { stack }); // a plain error, so that it can be posted
    send({ id, failed: { kind, message, advice, cause } });
  }
});
