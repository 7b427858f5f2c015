import { once } from "node:events";
import type { Writable } from "node:stream";
import type { ArchiverError } from "../lambda/errors.ts";
import type { Logger } from "../lambda/ports.ts";
import type { Progress } from "./progress.ts";
import { lineSafe, type Paint, paint, terminalSafe } from "./terminal.ts";
import { maskTokens } from "./token-shape.ts";

/** Results go to standard output; everything else that a command prints goes to standard error. */
export interface Output {
  /** Text for people, a line feed added. Silent under --quiet and --json. */
  say(text: string, style?: Paint): void;
  /** One result for machines, as one line. Silent without --json. */
  record(value: unknown): void;
  /** Result data, byte for byte. Waits while the reader is slow. On a terminal, control characters are escaped. */
  data(chunk: Buffer | string): Promise<void>;
  /** The same for text whose writer has escaped what is not its own, so that colours reach the terminal. */
  safeData(text: string): Promise<void>;
  /** Columns of the terminal that results go to; null where they go elsewhere. */
  readonly width: number | null;
  /** For text that is given to `safeData`. */
  paint(style: Paint, text: string): string;
  /** From now on results are written by this; null: to standard output. It is still the terminal that counts. */
  through(write: WriteResult | null): void;
  /** Whether result data was written: once nobody reads it any more, the command has no purpose. */
  readonly hasGivenData: boolean;
  /** A remark beside the result. Silent under --quiet and --json. */
  note(text: string): void;
  /** A summary of the result data, on standard error: as JSON, or as text for people. */
  summary(value: unknown, text: string): void;
  /** An error, on standard error: its cause and what to do. Never silent, and a token in it is masked. */
  fail(error: ArchiverError, workspace?: string): void;
  /** From now on each line for people begins with what `now` gives. JSON stays as it is. */
  stampLines(now: () => string): void;
  readonly log: Logger;
}

export type WriteResult = (chunk: Buffer | string) => Promise<void>;

export interface OutputStyle {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

export interface Streams {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** A terminal that does not know its width. */
const USUAL_WIDTH = 80;

/** Clears the progress bar before each write; the next progress report draws it again. */
export function createOutput({ stdout, stderr }: Streams, style: OutputStyle, progress: Progress): Output {
  let hasGivenData = false;
  /** One wait for all writes that the reader is too slow for: text for people is written without waiting. */
  let drained: Promise<unknown> | null = null;
  const toStdout: WriteResult = async (chunk) => {
    if (stdout.write(chunk)) return;
    drained ??= once(stdout, "drain").finally(() => {
      drained = null;
    });
    await drained;
  };
  let write = toStdout;
  let now: (() => string) | null = null;
  const stamped = (text: string): string => (now === null ? text : `${now()}  ${text}`);
  const print = (text: string) => {
    progress.clear();
    write(`${text}\n`).catch(() => undefined); // the stream's own error is seen to by whoever made it
  };
  const give = async (chunk: Buffer | string) => {
    hasGivenData = true;
    progress.clear();
    await write(chunk);
  };
  const remark = (text: string) => {
    progress.clear();
    stderr.write(`${text}\n`);
  };
  /** JSON.stringify escapes only C0 control characters. The others are escaped here, which does not change the meaning. */
  const remarkJson = (value: unknown) => remark(terminalSafe(JSON.stringify(value)));
  return {
    say(text, colour) {
      if (style.quiet || style.json) return;
      const safe = terminalSafe(text);
      print(stamped(colour === undefined ? safe : paint(colour, safe, stdout)));
    },
    record(value) {
      if (style.json) print(terminalSafe(JSON.stringify(value)));
    },
    get hasGivenData() {
      return hasGivenData;
    },
    data: (chunk) => give(stdout.isTTY === true ? terminalSafe(chunk.toString()) : chunk),
    safeData: give,
    width: stdout.isTTY === true ? stdout.columns || USUAL_WIDTH : null,
    paint: (colour, text) => paint(colour, text, stdout),
    through(other) {
      write = other ?? toStdout;
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
        const where = workspace === undefined ? {} : { workspace };
        remark(maskTokens(terminalSafe(JSON.stringify({ ...where, error: errorAsJson(error) }))));
      } else {
        const where = workspace === undefined ? "" : `${workspace}: `;
        const cause = stamped(`asana-audit-archive: ${where}${lineSafe(sentence(error.message))}`);
        remark(maskTokens(`${paint("red", cause, stderr)}\n  ${lineSafe(error.advice)}`));
      }
      if (style.debug) remark(maskTokens(terminalSafe(causes(error))));
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
