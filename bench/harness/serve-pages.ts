import { fork } from "node:child_process";
import { join } from "node:path";
import type { LineDigest } from "../../feed/digest.ts";
import { answerOf } from "./processes.ts";
import type { StreamKind } from "./streams.ts";

export interface ServedPages {
  readonly events: number;
  /** How many days before the present the stream begins. */
  readonly days: number;
  readonly stream: StreamKind | "company";
  readonly seed: number;
  /** Bodies are never compressed. */
  readonly isPlain?: boolean;
  readonly shortPageRate?: number;
  /** Share of a company's events that are shown late. Default: none. */
  readonly lateRate?: number;
  /** The feed's clock, which stands still. Default: `NOW_MS`, where every stream ends. */
  readonly nowMs?: number;
}

export interface PageServer {
  readonly baseUrl: string;
  /** Time to the first byte of every answer from now on. */
  setLatency(latencyMs: number): Promise<void>;
  /** Sets the feed's clock. */
  setNow(nowMs: number): Promise<void>;
  /** The digest of all lines of the feed, to compare with an archive. */
  digest(): Promise<LineDigest>;
  close(): void;
}

export async function servePages(pages: ServedPages): Promise<PageServer> {
  const child = fork(join(import.meta.dirname, "page-server.ts"), { execArgv: ["--max-old-space-size=6000"] });
  const { baseUrl } = await answerOf<{ baseUrl: string }>(child, pages);
  return {
    baseUrl,
    setLatency: async (latencyMs) => {
      await answerOf(child, { latencyMs });
    },
    setNow: async (nowMs) => {
      await answerOf(child, { nowMs });
    },
    digest: () => answerOf<LineDigest>(child, { digest: true }),
    close: () => {
      child.removeAllListeners("exit");
      child.kill();
    },
  };
}
