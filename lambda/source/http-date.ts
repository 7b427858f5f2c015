/** `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that HTTP/1.1 senders may use (RFC 9110, 5.6.7). */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds since 1970; null for anything else, other date-like text included. */
export function parseHttpDate(text: string | undefined): number | null {
  if (text === undefined || !IMF_FIXDATE.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
