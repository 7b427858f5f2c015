/** Records that are written as JSON and have one spelling: these fields and no other, in this order, without white space. */
import { parseInstant } from "./instant.ts";
import { isCount } from "./parse.ts";

export interface RecordForm<T> {
  /** What messages call it, such as "manifest". */
  readonly name: string;
  readonly format: number;
  readonly maxBytes: number;
  /** What stands behind the JSON. */
  readonly end: string;
  /** In the order in which they are written: whether a value may stand there. */
  readonly fields: { readonly [Name in keyof T]-?: (value: unknown) => boolean };
  /** What does not go together in a record whose fields are valid; null: all does. */
  findContradiction(record: T): string | null;
  /** The error for bytes that cannot be read. */
  fail(kind: "damaged" | "unknown-format", message: string, cause?: unknown): Error;
}

export interface RecordCodec<T> {
  /** Throws a plain Error for a record that no reader would accept: a mistake of the caller. */
  encode(record: T): Buffer;
  /** Throws `fail`: `unknown-format` for another format, `damaged` for all else that `encode` cannot give. */
  parse(bytes: Buffer): T;
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === "string" && pattern.test(value);
/** SHA-256 in lower-case hex. */
export const isSha256 = (value: unknown): boolean => isText(value, /^[0-9a-f]{64}$/);
/** The id of a run, or the version of a writer: nothing that JSON would escape. */
export const isPlainName = (value: unknown): boolean => isText(value, /^[\w.:+@/-]{1,128}$/);

/** An instant with every digit that it came with, spelled as it is parsed. */
export const isInstantText = (value: unknown): boolean => typeof value === "string" && parseInstant(value) === value;

export function createRecordCodec<T extends object>(form: RecordForm<T>): RecordCodec<T> {
  const { name, format, maxBytes, end, fields, findContradiction, fail } = form;
  const names = Object.keys(fields) as (keyof T & string)[];
  const damaged = (problem: string, cause?: unknown) => fail("damaged", `the ${name} is damaged: ${problem}`, cause);
  const spell = (record: T): Buffer => Buffer.from(`${JSON.stringify(record, names)}${end}`, "utf8");

  return {
    encode(record) {
      const problem = findProblem(record);
      if (problem !== null) throw new Error(`not a valid ${name}: ${problem}`);
      const bytes = spell(record);
      if (bytes.length > maxBytes) throw new Error(`a ${name} cannot have ${bytes.length} bytes`);
      return bytes;
    },
    parse(bytes) {
      if (bytes.length > maxBytes) throw damaged("it is too long");
      const value = parseObject(bytes);
      if (isCount(value.format, 1) && value.format !== format)
        throw fail("unknown-format", `${name} of format ${value.format}; this version reads format ${format}`);
      const problem = findProblem(value);
      if (problem !== null) throw damaged(problem);
      const record = value as T;
      // One spelling only: no other field, order, space, escape, or key given twice.
      if (!isInOrder(value) || !Buffer.from(`${JSON.stringify(value)}${end}`).equals(bytes))
        throw damaged("its JSON is not spelled the way writers spell it");
      return record;
    },
  };

  function parseObject(bytes: Buffer): { readonly format?: unknown } {
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString("utf8"));
    } catch (cause) {
      throw damaged("it is not JSON", cause);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged("it is not an object");
    return value;
  }

  /** If so, JSON needs no list of names to write them in that order, and is written several times faster. */
  function isInOrder(value: object): boolean {
    const own = Object.keys(value);
    return own.length === names.length && names.every((name, index) => own[index] === name);
  }

  function findProblem(value: object): string | null {
    for (const field of names) {
      const own = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
      if (!fields[field](own)) return `invalid \`${field}\``;
    }
    return findContradiction(value as T);
  }
}
