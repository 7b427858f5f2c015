import type { ArchiverError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { TokenProvider } from "../source/asana-source.ts";

/** Where a token is kept. Neither it nor its errors show a token to anybody else. */
export interface TokenStore {
  /** What is kept there, or was before the last change; null: nothing is, or was. Throws ArchiverError. */
  read(which: "current" | "previous"): Promise<string | null>;
  /** What to throw where it holds no token. */
  noToken(): ArchiverError;
}

/**
 * The token of a store; what is kept there is the token alone or `{"token": "..."}`.
 *
 * While a token is being replaced, there are two: the current one and the one before, and either may be the one that works.
 * So a refused token is followed by whichever of the two has not been refused yet. No error holds a token or a part of one.
 */
export function createHeldTokens(store: TokenStore, clock: Pick<Clock, "now">): TokenProvider {
  let held: { readonly token: string; readonly fetchedAt: number } | null = null;
  const refused = new Set<string>();

  function hold(token: string): string {
    held = { token, fetchedAt: clock.now() };
    return token;
  }

  async function current(): Promise<string> {
    if (held !== null && clock.now() - held.fetchedAt < HOLD_MS) return held.token;
    const token = tokenIn(await store.read("current"));
    if (token === null) throw store.noToken();
    refused.clear();
    return hold(token);
  }

  async function renew(): Promise<string | null> {
    if (held !== null) refused.add(held.token);
    for (const which of ["current", "previous"] as const) {
      const token = tokenIn(await store.read(which));
      if (token !== null && !refused.has(token)) return hold(token);
    }
    return null;
  }

  return { current, renew };
}

/** Short, so that a new token is used by the next run; a run that begins in a warm function mostly asks again. */
const HOLD_MS = 5 * 60_000;

/** Null: there is no token in it. */
function tokenIn(value: string | null): string | null {
  const token = value?.trimStart().startsWith("{") ? tokenOfJson(value) : value?.trim();
  return token === undefined || token === null || PLACEHOLDER.test(token) ? null : token;
}

function tokenOfJson(value: string): string | null {
  try {
    const { token } = JSON.parse(value);
    return typeof token === "string" ? token.trim() : null;
  } catch {
    return null; // the parser's own message would show a part of the value
  }
}

/** What people and templates write where the token will be. */
const PLACEHOLDER = /^(|<.*>|\.{3}|(replace|paste|put|insert|change|your|todo|token|placeholder|example)([-_ ].*)?)$/i;
