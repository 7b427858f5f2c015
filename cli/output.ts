import { once } from "node:events";
import type { Writable } from "node:stream";
import type { ArchiverError } from "../lambda/errors.ts";
import type { Logger } from "../lambda/ports.ts";
import type { Progress } from "./progress.ts";
import { lineSafe, terminalSafe } from "./terminal.ts";

/** Results go to standard output; everything else that a command prints goes to standard error. */
export interface Output {
  /** Text for people, a line feed added. Silent under --quiet and --json. */
  say(text: string): void;
  /** One result for machines, as one line. Silent without --json. */
  record(value: unknown): void;
  /** Result data, byte for byte. Waits while the reader is slow. On a terminal, control characters are escaped. */
  data(chunk: Buffer | string): Promise<void>;
  /** Whether result data was written: once nobody reads it any more, the command has no purpose. */
  readonly hasGivenData: boolean;
  /** A remark beside the result. Silent under --quiet and --json. */
  note(text: string): void;
  /** A summary of the result data, on standard error: as JSON, or as text for people. */
  summary(value: unknown, text: string): void;
  /** An error, on standard error: its cause and what to do. Never silent. */
  fail(error: ArchiverError, workspace?: string): void;
  /** From now on each line for people begins with what `now` gives. JSON stays as it is. */
  stampLines(now: () => string): void;
  readonly log: Logger;
}

export interface OutputStyle {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

export interface Streams {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Clears the progress bar before each write; the next progress report draws it again. */
export function createOutput({ stdout, stderr }: Streams, style: OutputStyle, progress: Progress): Output {
  let hasGivenData = false;
  let now: (() => string) | null = null;
  const stamped = (text: string): string => (now === null ? text : `${now()}  ${text}`);
  const print = (text: string) => {
    progress.clear();
    stdout.write(`${text}\n`);
  };
  const remark = (text: string) => {
    progress.clear();
    stderr.write(`${text}\n`);
  };
  /** JSON.stringify escapes only C0 control characters. The others are escaped here, which does not change the meaning. */
  const remarkJson = (value: unknown) => remark(terminalSafe(JSON.stringify(value)));
  return {
    say(text) {
      if (!style.quiet && !style.json) print(stamped(terminalSafe(text)));
    },
    record(value) {
      if (style.json) print(terminalSafe(JSON.stringify(value)));
    },
    get hasGivenData() {
      return hasGivenData;
    },
    async data(chunk) {
      hasGivenData = true;
      progress.clear();
      const safe = stdout.isTTY === true ? terminalSafe(chunk.toString()) : chunk;
      if (!stdout.write(safe)) await once(stdout, "drain");
    },
    note(text) {
      if (!style.quiet && !style.json) remark(stamped(terminalSafe(text)));
    },
    summary(value, text) {
      if (style.json) remarkJson(value);
      else if (!style.quiet) remark(stamped(terminalSafe(text)));
    },
    fail(error, workspace) {
      if (style.json) {
        remarkJson({ ...(workspace === undefined ? {} : { workspace }), error: errorAsJson(error) });
      } else {
        const where = workspace === undefined ? "" : `${workspace}: `;
        const cause = stamped(`asana-audit-archive: ${where}${lineSafe(sentence(error.message))}`);
        remark(`${cause}\n  ${lineSafe(error.advice)}`);
      }
      if (style.debug) remark(terminalSafe(causes(error)));
    },
    log(level, message, fields = {}) {
      if (level === "debug" || level === "info" ? !style.debug : style.quiet && level !== "error") return;
      if (style.json) {
        remarkJson({ level, message, ...fields });
      } else {
        const told = Object.entries(fields).filter(([, value]) => value !== undefined);
        const rest = told.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
        remark(stamped(`${level}: ${lineSafe(message)}${rest === "" ? "" : ` (${lineSafe(rest)})`}`));
      }
    },
    stampLines(read) {
      now = read;
    },
  };
}

/** An error as machines see it. */
export const errorAsJson = ({ kind, message, advice, status }: ArchiverError) => ({
  kind,
  message,
  advice,
  ...(status === undefined ? {} : { status }),
});

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

function causes(error: Error): string {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error && lines.length < 10; at = at.cause)
    lines.push(at.stack ?? at.message);
  return lines.join("\ncaused by ");
}
