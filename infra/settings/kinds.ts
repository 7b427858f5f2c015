/** Kinds that only the stack's settings need. Values come from `cdk.json` (any JSON) or from `-c name=value` (always text). */
import { type Kind, refuse, SettingProblem, wholeNumber } from "../../lambda/settings.ts";

export function oneOfNumbers(values: readonly number[], unit: string): Kind<number> {
  const range = wholeNumber(0, Number.MAX_SAFE_INTEGER, unit);
  return {
    allowed: `${unit}: ${values.join(", ")}`,
    read(value) {
      const number = range.read(value);
      return values.includes(number) ? number : refuse("not a value that the service accepts");
    },
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    allowed: values.join(" or "),
    read: (value) => values.find((one) => one === value) ?? refuse("not one of the allowed values"),
  };
}

/** A switch. Text, or the boolean that JSON has for it. */
export const onOff: Kind<boolean> = {
  allowed: "on or off",
  read: (value) => SWITCH.get(value) ?? refuse("not one of the allowed values"),
};

const SWITCH = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  ["on", true],
  [false, false],
  ["false", false],
  ["off", false],
]);

export function text(pattern: RegExp, allowed: string): Kind<string> {
  return {
    allowed,
    read(value) {
      if (typeof value === "number" && Number.isSafeInteger(value)) return this.read(String(value));
      if (typeof value !== "string") return refuse("not text");
      return pattern.test(value) ? value : refuse("not in the expected form");
    },
  };
}

/** A JSON list, or text separated by commas, without duplicates. */
export function listOf(kind: Kind<string>, max: number): Kind<readonly string[]> {
  return {
    allowed: `up to ${max}, separated by commas, each ${kind.allowed}`,
    read(value) {
      const items = typeof value === "string" ? splitList(value) : typeof value === "number" ? [value] : value;
      if (!Array.isArray(items)) return refuse("not a list");
      if (items.length > max) return refuse(`${items.length} entries`);
      const read = items.map((item) => within(String(item), () => kind.read(item)));
      const twice = read.find((item, index) => read.indexOf(item) !== index);
      return twice === undefined ? read : refuse(`a list that contains ${twice} twice`);
    },
  };
}

/** A list that has to be given, if only as the word "none" (or an empty JSON list). Null: it is not given. */
export function listOrNone(kind: Kind<string>, max: number): Kind<readonly string[] | null> {
  const list = listOf(kind, max);
  return {
    allowed: `${list.allowed}; or the word none`,
    read(value) {
      if (value === null || value === "") return null;
      return value === "none" ? [] : list.read(value);
    },
  };
}

/** A JSON object, or text as `key=value,key=value`. */
export function mapOf(key: Kind<string>, value: Kind<string>, max: number): Kind<Readonly<Record<string, string>>> {
  return {
    allowed: `up to ${max}, written key=value and separated by commas; the key is ${key.allowed}, the value is ${value.allowed}`,
    read(given) {
      const entries = typeof given === "string" ? splitList(given).map(splitPair) : entriesOf(given);
      if (entries.length > max) return refuse(`${entries.length} entries`);
      const read = entries.map(([name, item]) => [
        within(name, () => key.read(name)),
        within(name, () => value.read(item)),
      ]);
      return Object.fromEntries(read);
    },
  };
}

const splitList = (value: string): string[] => (value.trim() === "" ? [] : value.split(",").map((item) => item.trim()));

function splitPair(pair: string): [string, unknown] {
  const at = pair.indexOf("=");
  return at < 1 ? refuse(`missing a "=" in "${pair}"`) : [pair.slice(0, at), pair.slice(at + 1)];
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : refuse("not a map");

function within<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingProblem) return refuse(`wrong at "${name}": ${error.message}`);
    throw error;
  }
}
