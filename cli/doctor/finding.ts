/** What a check is: a fact that was fetched goes in, a finding comes out. The two are apart, so that judging needs no network. */
import { toArchiverError } from "../exit.ts";

/** What was looked at, or why it could not be and what would help. */
export type Fact<T> =
  | { readonly isKnown: true; readonly value: T }
  | { readonly isKnown: false; readonly why: string; readonly todo: string };

export type DoctorVerdict = "ok" | "not ok" | "cannot tell";

export interface DoctorFinding {
  readonly check: string;
  readonly verdict: DoctorVerdict;
  /** What was found; of what could not be looked at, why not. One line, no full stop. */
  readonly found: string;
  /** One sentence, and where to read on; null where all is well. */
  readonly cure: string | null;
}

interface Judgement {
  readonly verdict: DoctorVerdict;
  readonly found: string;
  readonly todo: string | null;
}

export const known = <T>(value: T): Fact<T> => ({ isKnown: true, value });
export const unknown = (why: string, todo: string): Fact<never> => ({ isKnown: false, why, todo });

/** Whatever `fetch` throws makes the fact unknown, unless the command was asked to stop: then that is thrown. */
export async function factOf<T>(fetch: () => T | Promise<T>, signal: AbortSignal): Promise<Fact<T>> {
  try {
    return known(await fetch());
  } catch (error) {
    signal.throwIfAborted();
    const { message, advice } = toArchiverError(error);
    return unknown(message, advice);
  }
}

export const ok = (found: string): Judgement => ({ verdict: "ok", found, todo: null });
export const notOk = (found: string, todo: string): Judgement => ({ verdict: "not ok", found, todo });
export const cannotTell = (found: string, todo: string): Judgement => ({ verdict: "cannot tell", found, todo });

/** Of something that was tried: what failed for want of an answer may work in a minute, and says nothing. */
export function ofFailure({ kind, message, advice }: Failure): Judgement {
  const isPassing = kind === "unavailable" || kind === "invalid-response";
  return isPassing ? cannotTell(message, advice) : notOk(message, advice);
}

/** As an ArchiverError is. */
export interface Failure {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
}

/** What was tried failed with this, or null. That the command was asked to stop is no failure, and is thrown. */
export async function failureOf(attempt: () => unknown, signal: AbortSignal): Promise<Failure | null> {
  try {
    await attempt();
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return toArchiverError(error);
  }
}

/**
 * One check. `name` says what it is about, and may say of which; `read` is the document and heading where its cures are
 * explained. What could not be looked at is what nobody can tell.
 */
export const defineCheck =
  <T>(name: string | ((value: T) => string), read: string, judge: (value: T) => Judgement) =>
  (fact: Fact<T>, unknownName = typeof name === "string" ? name : ""): DoctorFinding => {
    const judgement = fact.isKnown ? judge(fact.value) : cannotTell(fact.why, fact.todo);
    const check = fact.isKnown && typeof name === "function" ? name(fact.value) : unknownName;
    const { verdict, found, todo } = judgement;
    return {
      check,
      verdict,
      found: withoutStop(found),
      cure: todo === null ? null : `${withoutStop(todo)} (${read}).`,
    };
  };

const withoutStop = (text: string): string => text.replace(/\.$/, "");
