/** The bearer token, and what happens when the source no longer accepts it. */
import { ArchiverError } from "../errors.ts";

/** Where the token comes from. No error it throws may hold the token. */
export interface TokenProvider {
  current(): Promise<string>;
  /** Asked once for each token that the source has refused with 401. Null: there is nothing newer. */
  renew(): Promise<string | null>;
}

export interface TokenHolder {
  current(): Promise<string>;
  /** Another token than the one just refused, or null. Requests refused at the same time share one renewal. */
  after(refused: string): Promise<string | null>;
}

export function createTokenHolder(tokens: TokenProvider): TokenHolder {
  const renewals = new Map<string, Promise<string | null>>();
  return { current, after };

  async function current(): Promise<string> {
    return checkToken(await tokens.current());
  }

  async function after(refused: string): Promise<string | null> {
    const token = await current();
    if (token !== refused) return token;
    const renewal = renewals.get(refused) ?? tokens.renew();
    renewals.set(refused, renewal);
    const renewed = await renewal;
    return renewed === null || renewed === refused ? null : checkToken(renewed);
  }
}

/** Only what no header can carry is refused: Asana calls tokens opaque. */
function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new ArchiverError("misconfigured", "the token is empty or holds characters that no token has", {
    advice: "Give the token alone, on one line, as Asana shows it.",
  });
}
