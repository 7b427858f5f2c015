import type { ServerResponse } from "node:http";
import type { WireFault } from "./answers.ts";

/** Waits that all end when the server closes. */
export interface Timers {
  /** Rejects once cleared. */
  wait(ms: number): Promise<void>;
  clear(): void;
}

export function createTimers(): Timers {
  const waiting = new Map<NodeJS.Timeout, (reason: Error) => void>();
  let cleared = false;
  return {
    wait: (ms) =>
      new Promise<void>((resolve, reject) => {
        if (cleared) return reject(new Error("The server is closed."));
        const timer = setTimeout(() => {
          waiting.delete(timer);
          resolve();
        }, ms);
        waiting.set(timer, reject);
      }),
    clear: () => {
      cleared = true;
      for (const [timer, reject] of waiting) {
        clearTimeout(timer);
        reject(new Error("The server is closed."));
      }
      waiting.clear();
    },
  };
}

/** Sends a body the way a fault wants it. The head has been written. */
export async function playWire(response: ServerResponse, body: Buffer, wire: WireFault, timers: Timers): Promise<void> {
  switch (wire.kind) {
    case "cut": {
      const part = body.subarray(0, Math.floor(body.length * wire.share));
      // With a Content-Length the body cannot look complete, so the connection just ends early.
      if (wire.clean && !response.hasHeader("content-length")) response.end(part);
      else await writePiece(response, part).then(() => response.socket?.destroySoon());
      return;
    }
    case "stall":
      await writePiece(response, body.subarray(0, Math.floor(body.length * wire.share)));
      await timers.wait(wire.ms);
      response.socket?.resetAndDestroy();
      return;
    default:
      response.end(body);
  }
}

/** Resolves when the piece has been handed to the system, or the client is gone. */
function writePiece(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once("close", resolve);
    response.write(piece, () => {
      response.off("close", resolve);
      resolve();
    });
  });
}
