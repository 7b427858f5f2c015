import { createHash } from "node:crypto";

/** Everything that happens, in order: hashed always, kept as text only when somebody wants to read it. */
export interface Trace {
  note(text: string): void;
  hash(): string;
  readonly lines: readonly string[];
  readonly length: number;
}

export function createTrace(isKept: boolean, now: () => number): Trace {
  const hash = createHash("sha256");
  const lines: string[] = [];
  let length = 0;
  let unhashed = ""; // many lines are hashed at a time, because a call of the hash costs more than a line
  return {
    lines,
    get length() {
      return length;
    },
    note: (text) => {
      const line = `${now()} ${text}\n`;
      length += 1;
      unhashed += line;
      if (unhashed.length >= 16_384) flush();
      if (isKept) lines.push(`${new Date(now()).toISOString()} ${text}`);
    },
    hash: () => {
      flush();
      return hash.copy().digest("hex").slice(0, 16);
    },
  };

  function flush(): void {
    hash.update(unhashed);
    unhashed = "";
  }
}
