/** The machine's time, shifted to begin at `startMs` (default: not shifted) and running `speed` times as fast. */
export function createRunningClock(options: { startMs?: number; speed?: number } = {}): { now(): number } {
  const begunMs = Date.now();
  const startMs = options.startMs ?? begunMs;
  const speed = options.speed ?? 1;
  return { now: () => startMs + (Date.now() - begunMs) * speed };
}
