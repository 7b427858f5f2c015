/** A bar on standard error, on a terminal only. Positions are 0 to 1. */
export interface Progress {
  /** A text that is a function is asked again every second, for what time alone changes. */
  show(position: number, text: string | (() => string)): void;
  /** Removes the bar. */
  clear(): void;
}

export const noProgress: Progress = { show: () => undefined, clear: () => undefined };
