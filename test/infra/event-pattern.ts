/**
 * EventBridge's decision whether an event matches a pattern, as documented, for what the tripwire uses: exact values,
 * `prefix`, `wildcard` and `$or`. Throws on anything else.
 */

// biome-ignore lint/suspicious/noExplicitAny: a pattern and an event are as deep as their authors made them
type Json = any;

export function matchesPattern(pattern: Json, event: Json): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === "$or") return (wanted as Json[]).some((one) => matchesPattern(one, event));
    const inner = valuesOf(event).flatMap((one) => (field in one ? [one[field]] : []));
    if (!Array.isArray(wanted)) return inner.flatMap(valuesOf).some((one) => matchesPattern(wanted, one));
    return inner.flatMap((one) => (Array.isArray(one) ? one : [one])).some((one) => wanted.some(isLike(one)));
  });
}

/** The objects at a place: of an array each of its elements, as one of them is enough. */
const valuesOf = (value: Json): Json[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "object" && one !== null);

const isLike =
  (actual: Json) =>
  (wanted: Json): boolean => {
    if (typeof wanted !== "object") return actual === wanted;
    const [[operator, operand] = ["", ""], ...others] = Object.entries(wanted);
    if (others.length > 0) throw new Error("A condition of a pattern has one operator.");
    if (operator === "prefix") return typeof actual === "string" && actual.startsWith(operand as string);
    if (operator === "wildcard") return typeof actual === "string" && isWild(operand as string).test(actual);
    throw new Error(`The matcher does not know ${operator}.`);
  };

/** In EventBridge only the asterisk is special, and a letter's case counts. */
const isWild = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.+^${}()|[\]\\?]/g, "\\$&"))
      .join(".*")}$`,
    "s",
  );
