/** Policies as they can be compared: services give back the same policy in other words than it was put. */
import { createHash } from "node:crypto";

/** Enough to tell two policies apart by eye. */
const SHOWN_CHARACTERS = 16;

/** The beginning of the SHA-256 of what a policy says, whatever the order of its parts. */
export const policyDigest = (policy: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(policy)))
    .digest("hex")
    .slice(0, SHOWN_CHARACTERS);

/** One value is the same as a list of it, and `*` of principals the same as all of AWS; lists are sets, and keys have no order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = [...new Set(value.map((item) => JSON.stringify(canonical(item))))].sort();
    return texts.length === 1 ? JSON.parse(texts[0]!) : texts.map((text) => JSON.parse(text));
  }
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(([key, item]) => [key, isAnybody(key, item) ? "*" : canonical(item)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

const isAnybody = (key: string, value: unknown): boolean =>
  key === "Principal" && typeof value === "object" && value !== null && JSON.stringify(value) === '{"AWS":"*"}';
