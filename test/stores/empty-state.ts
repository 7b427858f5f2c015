import type { CheckpointState } from "../../lambda/ports.ts";

export const emptyState: CheckpointState = {
  offset: null,
  watermark: null,
  hints: {},
  notBefore: null,
  blankRuns: 0,
  rescans: { recentUntil: null, settledThrough: null, agedThrough: null },
};
