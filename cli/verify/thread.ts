/** A worker thread of `threads.ts`: opens the archive and verifies the requested logs. */
import { parentPort, workerData } from "node:worker_threads";
import { type LogResult, type LogTask, type SegmentsAdded, verifyLog } from "../../lambda/archive/verify-log.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { openForReading } from "../open.ts";
import { type PostedError, toPosted } from "../worker-thread.ts";

export interface ThreadRequest {
  readonly id: number;
  readonly task: LogTask;
}

/** Any number of `added`, then one of the others. */
export type ThreadReply = { readonly id: number } & (
  | { readonly added: SegmentsAdded }
  | { readonly result: LogResult }
  | { readonly failed: PostedError }
);

const SEGMENTS_A_MESSAGE = 64;
const BYTES_A_MESSAGE = 256 * 1024;

const port = parentPort!;
const opened = openForReading({ archive: workerData as string }, "check");
opened.catch(() => undefined); // reported in the reply to each request
const codec = createStreamingCodec();

port.on("message", async ({ id, task }: ThreadRequest) => {
  const send = (answer: ThreadReply, moved: ArrayBuffer[] = []) => port.postMessage(answer, moved);
  try {
    const { archive } = await opened;
    const sum = sumUp((added) => send({ id, added }));
    const result = await verifyLog({ archive, codec, onSegments: sum.add }, task);
    sum.send();
    send({ id, result }, [result.ids.buffer as ArrayBuffer]);
  } catch (error) {
    send({ id, failed: toPosted(error) });
  }
});

/** A message takes as long as a small segment does, so one tells of several. */
function sumUp(send: (sum: SegmentsAdded) => void) {
  const nothing = { segments: 0, storedBytes: 0, events: 0, faults: 0 };
  let sum = nothing;
  const sendSum = () => {
    if (sum.segments > 0) send(sum);
    sum = nothing;
  };
  return {
    add({ segments, storedBytes, events, faults }: SegmentsAdded): void {
      sum = {
        segments: sum.segments + segments,
        storedBytes: sum.storedBytes + storedBytes,
        events: sum.events + events,
        faults: sum.faults + faults,
      };
      if (sum.segments >= SEGMENTS_A_MESSAGE || sum.storedBytes >= BYTES_A_MESSAGE) sendSum();
    },
    send: sendSum,
  };
}
