/** A quoted text or name, a comment, or a parameter: whatever else a colon is in, it is no parameter. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|:([a-z_]+)\b/g;

/** Replaces each `:name` of a question, outside of quotes and comments, by what `render` makes of it. */
export const renderParameters = (sql: string, render: (name: string) => string): string =>
  sql.replace(TOKENS, (token, name: string | undefined) => (name === undefined ? token : render(name)));
