/**
 * What was received is not exactly a page (or a line not exactly an event). The message names the place, never the
 * content. Nothing of such a page may be used: a short write would be a silent loss.
 */
export class PageError extends Error {
  override readonly name = "PageError";
}
