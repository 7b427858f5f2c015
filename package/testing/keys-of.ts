import type { ArchiveStore } from "../../lambda/ports.ts";

/** All keys that a list gives, in its order. */
export const keysOf = async (archive: ArchiveStore, prefix = "", startAfter?: string): Promise<string[]> =>
  (await Array.fromAsync(archive.list(prefix, startAfter))).map(({ key }) => key);
