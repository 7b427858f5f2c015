// Stand-in for the branch "seal": its interface.
import type { ArchiveStore, Clock, Logger } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import type { Signer } from "./signer.ts";

export interface SealDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly writer: string;
  readonly archiveName: string;
  readonly settings: { readonly settledAfterHours: number };
}

export interface SealReport {
  readonly workspace: string;
  readonly sealed: readonly { readonly number: number; readonly day: string; readonly sha256: string }[];
  readonly newest: { readonly number: number; readonly day: string; readonly sha256: string } | null;
  readonly dueDays: number;
  readonly halted: { readonly reason: string; readonly advice: string } | null;
}

export async function sealWorkspace(_deps: SealDeps, workspace: string, _signal: AbortSignal): Promise<SealReport> {
  throw new Error(workspace);
}
