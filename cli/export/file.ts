import { open, rename, stat } from "node:fs/promises";
import { fileError } from "../../lambda/stores/file-errors.ts";
import { misused } from "../exit.ts";
import { temporaryFileFor } from "../temporary.ts";

export interface Sink {
  write(chunk: Buffer | string): Promise<void>;
  /** Everything was written: the file gets its name. */
  finish(): Promise<void>;
  /** Something went wrong: nothing is left behind. */
  discard(): Promise<void>;
}

/** Throws ArchiverError `misconfigured` where something has the name already. */
export async function checkIsNew(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw misused(`${path} already exists.`, "Name a file that does not exist yet.");
}

/** Answers and events name people: whoever else may read them gets a copy, or the permission. */
const OWNER_FILE = 0o600;

/** A new file, for its owner alone, that has its name only once it is whole. Errors name it by that name. */
export async function createFileSink(path: string): Promise<Sink> {
  await checkIsNew(path);
  const draft = temporaryFileFor(path); // nobody's file, nor another export's
  const named = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done;
    } catch (error) {
      throw fileError(error, path);
    }
  };
  const file = await named(open(draft.path, "wx", OWNER_FILE));
  return {
    write: (chunk) => named(file.writeFile(chunk)),
    finish: () =>
      named(
        (async () => {
          await file.sync();
          await file.close();
          await checkIsNew(path);
          await rename(draft.path, path);
          draft.keep();
        })(),
      ),
    discard: async () => {
      await file.close().catch(() => undefined);
      draft.remove();
    },
  };
}
