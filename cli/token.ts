import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { ArchiverError } from "../lambda/errors.ts";
import type { Logger } from "../lambda/ports.ts";
import type { TokenProvider } from "../lambda/source/asana-source.ts";

/** Far longer than any token; a larger file is the wrong file. */
const MAX_TOKEN_BYTES = 8192;

export interface RereadableTokens extends TokenProvider {
  /** Looks whether the file has another token by now. One that cannot be read, or holds none, leaves the one before. */
  reread(): void;
}

/**
 * The service account token: from the file if one is given, otherwise from `ASANA_TOKEN`. No message ever contains it. The
 * file is read again when the source refuses the token and before each run but the first, so that the token can be
 * replaced while a drain is running. What is no plain file, such as a pipe, is read once: it gives its content only once.
 */
export function createTokenProvider(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  log: Logger,
): RereadableTokens {
  let token = file === undefined ? tokenOfEnvironment(environment["ASANA_TOKEN"]) : readTokenFile(file, log);
  const again =
    file !== undefined && statSync(file).isFile() ? () => readTokenFile(file, () => undefined) : () => token;
  return {
    current: async () => token,
    renew: async () => {
      const before = token;
      token = again();
      return token === before ? null : token;
    },
    reread: () => {
      try {
        token = again();
      } catch {} // it is being replaced, or was taken away: the source says whether the one before is still good
    },
  };
}

function tokenOfEnvironment(text: string | undefined): string {
  if (text === undefined) {
    throw misconfigured(
      "no token was given",
      "Set ASANA_TOKEN, or pass a file that contains the token as --token-file.",
    );
  }
  return checkToken(text, "ASANA_TOKEN");
}

function readTokenFile(file: string, log: Logger): string {
  const name = `the token file ${file}`;
  let text: string;
  try {
    const descriptor = openSync(file, "r");
    try {
      const stat = fstatSync(descriptor);
      if (stat.isDirectory()) throw misconfigured(`${name} is a directory`, "Name the file, not its directory.");
      if (stat.isFile() && (stat.mode & 0o004) !== 0) {
        log("warn", `${name} can be read by every user of this machine; run chmod 600 on it`);
      }
      text = readAll(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof ArchiverError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw misconfigured(`${name} cannot be read (${code})`, "Check its path and permissions.");
  }
  return checkToken(text.replace(/\r?\n$/, ""), name);
}

/** A pipe may deliver the token in parts. */
function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(MAX_TOKEN_BYTES + 2);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    length += read;
    if (read === 0 || length === buffer.length) return buffer.toString("latin1", 0, length);
  }
}

/** Asana documents tokens as opaque, so this refuses only what cannot be part of any token. */
function checkToken(token: string, name: string): string {
  const advice = "Give only the service account's token, on one line, as Asana showed it.";
  if (token === "") throw misconfigured(`${name} is empty`, advice);
  if (token.length > MAX_TOKEN_BYTES) throw misconfigured(`${name} is too long to be a token`, advice);
  if (/\s/.test(token)) throw misconfigured(`${name} contains white space`, advice);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw misconfigured(`${name} contains characters that tokens never contain`, advice);
  if (/["'`]/.test(token)) throw misconfigured(`${name} contains quotation marks`, advice);
  return token;
}

const misconfigured = (message: string, advice: string) => new ArchiverError("misconfigured", message, { advice });
