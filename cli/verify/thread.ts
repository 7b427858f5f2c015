/** One of the threads of `threads.ts`: opens the archive and verifies the logs that it is asked for. */
import { parentPort, workerData } from "node:worker_threads";
import { type LogResult, type LogTask, type SegmentAdded, verifyLog } from "../../lambda/archive/verify-log.ts";
import type { ErrorDetails, ErrorKind } from "../../lambda/errors.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { toArchiverError } from "../exit.ts";
import { openForReading } from "../open.ts";

export interface Job {
  readonly id: number;
  readonly task: LogTask;
}

/** Any number of `added`, then one of the others. An error would lose its class on the way, so it goes as its parts. */
export type Reply = { readonly id: number } & (
  | { readonly added: SegmentAdded }
  | { readonly result: LogResult }
  | { readonly failed: ErrorDetails & { readonly kind: ErrorKind; readonly message: string } }
);

const port = parentPort!;
const opened = openForReading({ archive: workerData as string });
opened.catch(() => undefined); // told to whoever asks
const codec = createStreamingCodec();

port.on("message", async ({ id, task }: Job) => {
  const tell = (answer: Reply, moved: ArrayBuffer[] = []) => port.postMessage(answer, moved);
  try {
    const { archive } = await opened;
    const result = await verifyLog({ archive, codec, onSegment: (added) => tell({ id, added }) }, task);
    tell({ id, result }, [result.ids.buffer as ArrayBuffer]);
  } catch (error) {
    const { kind, message, advice, stack } = toArchiverError(error);
    const cause = Object.assign(new Error(message), { stack }); // plain, so that it can be handed over, whatever it had
    tell({ id, failed: { kind, message, advice, cause } });
  }
});
