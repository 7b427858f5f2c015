/** Checks of the source: whether it can be reached, and whether the token shows a workspace's audit log, and for how long. */
import { type Answer, classifyNoAnswer } from "../../lambda/source/answer.ts";
import type { TransportError } from "../../lambda/source/transport.ts";
import { formatDuration } from "../terminal.ts";
import { cannotTell, defineCheck, type Failure, notOk, ofFailure, ok } from "./finding.ts";
import { READ } from "./readings.ts";

export interface Reached {
  readonly host: string;
  /** Of the proxy in between; null: there is none. */
  readonly through: string | null;
  /** From the request to the answer. */
  readonly tookMs: number;
  /** Null: it answered, whatever it said. */
  readonly error: TransportError | null;
}

export const sourceCheck = defineCheck<Reached>("source", READ.proxy, ({ host, through, tookMs, error }) => {
  const way = through === null ? "" : ` through the proxy ${through}`;
  if (error === null) return ok(`${host} answered${way} after ${formatDuration(tookMs)}`);
  const answer = classifyNoAnswer(error);
  const what = answer.kind === "retryable" ? answer.what : error.message;
  const cure = CURES[error.fault];
  // A line that broke once says little; one that cannot be made says why.
  if (cure === undefined) return cannotTell(`${host} ${what}`, "Run doctor again");
  return notOk(`${host}${way} ${what}`, cure);
});

const CURES: Readonly<Partial<Record<TransportError["fault"], string>>> = {
  refused: "Check --source, this machine's network, and whether HTTPS_PROXY has to be set",
  "no-such-host": "Check --source and that this machine is online",
  proxy: "Check HTTPS_PROXY with its user and password, and NO_PROXY",
  timeout: "See whether a firewall keeps this machine from it, and whether HTTPS_PROXY has to be set",
  tls: "Name the certificate authority of a proxy that decrypts in NODE_EXTRA_CA_CERTS",
};

/** What is known of the token of one workspace: what the source said to it, or when a drain last read the log with it. */
export type TokenUse = { readonly workspace: string } & (
  | {
      readonly kind: "asked";
      readonly answer: Answer;
      /** What its text says of its end, in milliseconds since 1970; null: nothing. */
      readonly endsAt: number | null;
      readonly now: number;
    }
  | { readonly kind: "drained"; readonly agoMs: number }
  /** There is none, or none that could be sent. */
  | { readonly kind: "none"; readonly failure: Failure }
);

/** Long enough to have a new one made. */
const LEAST_LEFT_MS = 14 * 86_400_000;

export const tokenCheck = defineCheck<TokenUse>(
  ({ workspace }) => `token of ${workspace}`,
  READ.token,
  (use) => {
    if (use.kind === "none") return ofFailure(use.failure);
    if (use.kind === "drained") {
      return ok(
        `a drain read the audit log with it ${formatDuration(use.agoMs)} ago; its end cannot be seen from here`,
      );
    }
    const { answer, endsAt, now } = use;
    if (answer.kind === "retryable") return cannotTell(`the source ${answer.what}`, "Run doctor again");
    if (answer.kind === "unauthorized" || answer.kind === "failed") return ofFailure(answer.error);
    if (answer.kind !== "page") return cannotTell("the source answered with no page", "Run doctor again");
    if (endsAt === null) return ok("it shows the audit log; its text names no end, so it works until it is withdrawn");
    const left = formatDuration(endsAt - now);
    if (endsAt - now < LEAST_LEFT_MS) {
      return notOk(`it shows the audit log, and ends in ${left}`, "Use a service account's token, which names no end");
    }
    return ok(`it shows the audit log, and ends in ${left}`);
  },
);

/** When a token says that it ends. Asana's are opaque; one that is a JSON web token names its end. */
export function endOfToken(token: string): number | null {
  const [, payload = "", signature] = token.split(".");
  if (signature === undefined) return null;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof exp === "number" ? exp * 1000 : null;
  } catch {
    return null; // the parser's message would show a part of it
  }
}
