import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { misused } from "../exit.ts";

export interface Sink {
  write(chunk: Buffer | string): Promise<void>;
  /** Everything was written: the file gets its name. */
  finish(): Promise<void>;
  /** Something went wrong: nothing is left behind. */
  discard(): Promise<void>;
}

/** A new file that has its name only once it is whole. */
export async function createFileSink(path: string): Promise<Sink> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw misused(`${path} already exists.`, "Name a file that does not exist yet.");
  const draft = `${path}.${randomUUID()}.partial`; // nobody's file, nor another export's
  const file = await open(draft, "wx");
  return {
    write: async (chunk) => {
      await file.writeFile(chunk);
    },
    finish: async () => {
      await file.sync();
      await file.close();
      await rename(draft, path);
    },
    discard: async () => {
      await file.close();
      await rm(draft, { force: true });
    },
  };
}
