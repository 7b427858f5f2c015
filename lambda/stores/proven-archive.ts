import { ArchiverError } from "../errors.ts";
import type { ArchiveStore } from "../ports.ts";

/** Beside `events/`, so that nobody takes it for a segment. It is kept, so that later runs need one request instead of two. */
export const PROBE_KEY = "conditional-create-probe.txt";
const PROBE = Buffer.from(
  "This object shows that the store refuses to create what exists, without which an archive would lose events.\n",
);
/** How often a store is asked that does not say what it did. */
const MAX_TRIES = 4;

/**
 * Creates nothing before the store has shown that it refuses to create an object that exists. A store that ignores the
 * condition lets the later of two runs overwrite the segments of the earlier one, and both report success. Throws
 * ArchiverError `misconfigured` for such a store.
 */
export function createProvenArchive(store: ArchiveStore): ArchiveStore {
  let proof: Promise<void> | null = null;
  return {
    ...store,
    create: async (key, bytes) => {
      proof ??= proveConditional(store).catch((error) => {
        proof = null; // the next create tries again
        throw error;
      });
      await proof;
      return await store.create(key, bytes);
    },
  };
}

/** Creates one object twice. Throws ArchiverError: `misconfigured` if that succeeds, `unavailable` if nobody can tell. */
export async function proveConditional(store: Pick<ArchiveStore, "create">): Promise<void> {
  let created = 0;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const outcome = await store.create(PROBE_KEY, PROBE);
    if (outcome === "exists") return;
    if (outcome === "created") created += 1;
    if (created === 2) throw notConditional();
  }
  throw new ArchiverError("unavailable", `The store did not say whether it created ${PROBE_KEY}.`, {
    advice: "Run again; nothing was written besides it.",
  });
}

const notConditional = (): ArchiverError =>
  new ArchiverError(
    "misconfigured",
    `The store created ${PROBE_KEY} twice: it ignores the condition If-None-Match, so two runs would overwrite each other's events.`,
    {
      advice: "Use a store that has conditional writes, such as Amazon S3, MinIO, Ceph or Cloudflare R2, or a folder.",
    },
  );
