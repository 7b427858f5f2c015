/** A bar on standard error, on a terminal only. Positions are 0 to 1. */
export interface Progress {
  /** A text that is a function is asked again every second, for what time alone changes. */
  show(position: number, text: string | (() => string)): void;
  /** Says the text, and for how long, once nothing was shown for a second: until something is printed. */
  wait(text: string): void;
  /** Removes what is shown. */
  clear(): void;
}

export const noProgress: Progress = { show: () => undefined, wait: () => undefined, clear: () => undefined };
