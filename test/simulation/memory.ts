/** Bytes that the answers a process waits for may bring, all at once. What it holds afterwards cannot be seen from here. */
import type { OffsetRefused, Page, PageRequest } from "../../lambda/ports.ts";
import type { Stage } from "./stage.ts";
import { Violation } from "./violation.ts";

export interface Memory {
  /** Counts what an answer may bring until it is there; one that is larger than what was asked for is not given. */
  during(request: PageRequest, answer: () => Promise<Page | OffsetRefused>): Promise<Page | OffsetRefused>;
  readonly mostBytes: () => number;
}

/** Lambda's 512 MiB, less the runtime and what a batch holds. */
export const MAX_IN_FLIGHT_BYTES = 256 * 1024 * 1024;
/** What the transport takes where a request does not say. */
const TRANSPORT_BYTES = 64 * 1024 * 1024;

export function createMemory(stage: Stage, name: string): Memory {
  let bytes = 0;
  let mostBytes = 0;
  return {
    during: async (request, answer) => {
      const { maxBytes } = request as { readonly maxBytes?: number };
      const reserved = maxBytes ?? TRANSPORT_BYTES;
      bytes += reserved;
      mostBytes = Math.max(mostBytes, bytes);
      if (maxBytes !== undefined && bytes > MAX_IN_FLIGHT_BYTES) {
        stage.fail(new Violation("memory", `${name} may be sent ${bytes} bytes at once`));
      }
      try {
        const page = await answer();
        const pageBytes = page.kind === "page" ? 100 + page.events.length * stage.world.eventBytes : 0;
        return pageBytes > reserved ? ({ kind: "too-large" } as unknown as Page) : page;
      } finally {
        bytes -= reserved;
      }
    },
    mostBytes: () => mostBytes,
  };
}
