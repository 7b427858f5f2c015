/** A word as sh reads it. A tilde at its beginning still means the user's own folder. */
export function shellWord(word: string): string {
  if (word.startsWith("~/")) return word === "~/" ? word : `~/${shellWord(word.slice(2))}`;
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
