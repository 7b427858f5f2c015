/** Targets that no bench measures, and why. */
export const NOT_MEASURED: Readonly<Record<string, { readonly meaning: string; readonly why: string }>> = {
  "4": { meaning: "time per page at the CPU of 256 MB and 300 ms", why: "no CPU quota could be set on this machine" },
  "7": { meaning: "CPU of a whole drain over Grove's", why: "Grove was not to be had" },
  "13": { meaning: "modules forbidden in the bundle", why: "met: a test, `test/infra/bundle.test.ts`" },
  "17": {
    meaning: "objects of a closed day after compaction",
    why: "**missed**: nothing is compacted. A segment is never changed or deleted (I5); a day keeps up to one object per run",
  },
  "18": {
    meaning: "bytes scanned by a query of one day over that day's bytes",
    why: "not measured on Athena; the key of a segment is its partition, so no other day's objects are listed",
  },
  "19": {
    meaning: "a Parquet copy over the gzip bytes",
    why: "not recorded yet: `npm run bench -- questions`; 1.3 by hand, of a million events in 365 objects",
  },
};
