/**
 * The settings of a run, defined once. The stack reads it from `cdk.json` and `-c name=value` and hands it to the
 * function as JSON, the command line reads it from flags; all of them through `readDefined`.
 */
import { parseCount } from "./event/parse.ts";

/** Says why a value is refused, as the end of a sentence: "overlapMinutes is 0: less than 1". */
export class SettingProblem extends Error {
  override readonly name = "SettingProblem";
}

/** How a value is read: from JSON as it is, or from text, so each kind takes both forms. */
export interface Kind<T> {
  /** What is allowed, as the rest of "Allowed: ...". */
  readonly allowed: string;
  /** Throws SettingProblem. */
  read(value: unknown): T;
}

export interface Definition<T> {
  readonly kind: Kind<T>;
  /** The default, as one would write it. */
  readonly initial: unknown;
  /** For the table in docs/deploy.md and, of a run setting, for `--help`: there one sentence. */
  readonly meaning: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a set of definitions of any types.
type Definitions = Readonly<Record<string, Definition<any>>>;

/** The values that a set of definitions gives. */
export type ValuesOf<D extends Definitions> = { readonly [K in keyof D]: ReturnType<D[K]["kind"]["read"]> };

export const define = <T>(kind: Kind<T>, initial: unknown, meaning: string): Definition<T> => ({
  kind,
  initial,
  meaning,
});

export const refuse = (why: string): never => {
  throw new SettingProblem(why);
};

export function wholeNumber(min: number, max: number, unit: string): Kind<number> {
  return {
    allowed: `a whole number of ${unit} from ${min} to ${max}`,
    read(value) {
      const number = typeof value === "string" ? parseCount(value) : value;
      if (!Number.isInteger(number)) return refuse("not a whole number");
      if ((number as number) < min) return refuse(`less than ${min}`);
      return (number as number) > max ? refuse(`more than ${max}`) : (number as number);
    },
  };
}

/** Null or empty text: none. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return {
    allowed: `${kind.allowed}; empty for none`,
    read: (value) => (value === null || value === "" ? null : kind.read(value)),
  };
}

/** Documented as the largest is 100; the operation's own text speaks of a default of 1,000, so up to that is let through. */
export const MAX_PAGE_LIMIT = 1_000;

/** Asana deletes audit log events when they are this old. */
export const KEPT_DAYS = 90;

/** Every setting of a run. A new one needs a line here, its use, and a new table in docs/deploy.md. */
export const runSettings = {
  overlapMinutes: define(
    wholeNumber(1, 1_440, "minutes"),
    60,
    "How far before the newest archived event a drain starts reading by time, for events that Asana shows late.",
  ),
  pageLimit: define(
    optional(wholeNumber(1, MAX_PAGE_LIMIT, "events")),
    null,
    "Events asked for per page; left empty, Asana decides, up to 1,000, and 100 makes pages small where memory is short.",
  ),
  batchEvents: define(
    wholeNumber(100, 1_000_000, "events"),
    100_000,
    "A batch is archived when it holds this many events; larger batches make fewer objects and take more memory.",
  ),
  batchMiB: define(
    // Well below what a segment may hold, since a batch ends only with the page that fills it.
    wholeNumber(1, 128, "MiB"),
    64,
    "A batch is archived when it holds this much, before compression.",
  ),
  batchMinutes: define(
    // Asana's cursors live 15 minutes, and the one behind a batch is to be saved well before that.
    wholeNumber(1, 12, "minutes"),
    5,
    "A batch is archived when it is this old, however small it is.",
  ),
  settledAfterHours: define(
    wholeNumber(1, 48, "hours"),
    6,
    "How long after its end a day is read again, for events that Asana showed late.",
  ),
  agedAfterDays: define(
    wholeNumber(30, 88, "days"),
    80,
    "How old a day is when it is read for the last time, before Asana deletes it after 90 days.",
  ),
  expireAfterDays: define(
    // What Asana still shows, for 90 days, has to be there still: a scan or rescan of it would archive it again.
    optional(wholeNumber(100, 36_500, "days")),
    null,
    "How old segments are when the bucket's lifecycle removes them for good, not before retentionDays; left empty, they are kept forever.",
  ),
} as const;

export interface RunSettings extends ValuesOf<typeof runSettings> {}

export const defaultRunSettings: RunSettings = Object.freeze(readDefined(runSettings, {}).values);

/**
 * Reads what is given and fills in the rest. Only what is left out (or undefined) becomes the default: null is a value,
 * which for an optional setting means "none". Values are complete only where there is no problem.
 */
export function readDefined<D extends Definitions>(
  definitions: D,
  given: Readonly<Record<string, unknown>>,
): { readonly values: ValuesOf<D>; readonly problems: readonly string[] } {
  const known = Object.keys(definitions);
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(definitions, name))
    .map((name) => `${name} is not a setting. Known are: ${known.join(", ")}.`);
  const values: Record<string, unknown> = {};
  for (const [name, { kind, initial }] of Object.entries(definitions)) {
    const value = given[name] === undefined ? initial : given[name];
    try {
      values[name] = kind.read(value);
    } catch (error) {
      if (!(error instanceof SettingProblem)) throw error;
      problems.push(`${name} is ${JSON.stringify(value)}: ${error.message}. Allowed: ${kind.allowed}.`);
    }
  }
  return { values: values as ValuesOf<D>, problems };
}

/** Run settings from JSON text, as the stack writes them. Null: not JSON, or not all of it can be used. */
export function parseRunSettings(text: string): RunSettings | null {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given !== "object" || given === null || Array.isArray(given)) return null;
    const { values, problems } = readDefined(runSettings, given as Record<string, unknown>);
    return problems.length === 0 ? Object.freeze(values) : null;
  } catch {
    return null;
  }
}
