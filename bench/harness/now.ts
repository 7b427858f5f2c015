/** The present of every served stream: answers are made once, so its clock stands still. */
export const NOW_MS = Date.parse("2026-11-25T00:00:00Z");
