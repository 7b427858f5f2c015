import type { CheckpointState } from "../../lambda/ports.ts";

export const emptyState: CheckpointState = {
  tail: { from: null, offset: null, failedRuns: 0 },
  watermark: null,
  spans: [],
  scheduled: { recentUntil: null, settledThrough: null, agedThrough: null },
  surveys: [],
  lost: [],
  hints: {},
  notBefore: null,
  blankRuns: 0,
};
