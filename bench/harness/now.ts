/** The time of every served stream. The clock stands still, because each answer is made once. */
export const NOW_MS = Date.parse("2026-11-25T00:00:00Z");
