const MAX_LENGTH = 200;

/**
 * Makes text from outside fit for a log line or a message: on one line, short, and without secrets (the token, the
 * offset) that the source may have echoed.
 */
export function plainText(text: string, secrets: readonly string[] = []): string {
  let safe = text;
  for (const secret of secrets.filter((secret) => secret !== "")) {
    for (const form of [secret, encodeURIComponent(secret)]) safe = safe.replaceAll(form, "[hidden]");
  }
  // Cc: control characters; Cf: invisible ones that reorder a line; Zl, Zp: line and paragraph separators.
  safe = safe
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .toWellFormed()
    .trim();
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH - 1)}…` : safe;
}
