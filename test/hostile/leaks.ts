/** Looking for a secret in anything, in any of the forms in which it might have slipped out. */
import { inspect } from "node:util";
import { expect } from "vitest";

/** What may be found of a secret: itself, part of it, or an encoding of it. */
export function formsOf(secret: string): readonly string[] {
  const half = secret.slice(0, Math.ceil(secret.length / 2));
  // In base64, where what stands before decides on the letters: without those at the edges, which depend on it.
  const inBase64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(half)]).toString("base64");
    return text.slice(4, -4);
  });
  const spelled = [half, encodeURIComponent(half), JSON.stringify(half).slice(1, -1), [...half].reverse().join("")];
  return [...spelled, Buffer.from(half).toString("hex"), ...inBase64];
}

/** `what` may be anything: text, bytes, an error with its stack and causes, a graph of objects. */
export function expectNoTrace(secret: string, what: unknown, where: string): void {
  const text = Buffer.isBuffer(what) ? what.toString("latin1") : typeof what === "string" ? what : shown(what);
  const found = formsOf(secret).filter((form) => text.includes(form));
  const context = found.map((form) => text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 50));
  expect(context, `in ${where}`).toEqual([]);
}

const shown = (what: unknown): string => {
  const all = { depth: 30, showHidden: true, maxArrayLength: null, maxStringLength: null, getters: true } as const;
  return `${inspect(what, all)}\n${JSON.stringify(what, (_, value) => (typeof value === "bigint" ? String(value) : value))}`;
};
