/** Texts in statements that have no parameters. */

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** DuckDB takes a file's name for a pattern; in brackets, each of these stands for itself. */
export const asPattern = (path: string): string => path.replace(/[*?[]/g, "[$&]");

/** A list of the files of these names. */
export const fileList = (files: readonly string[]): string => `[${files.map(asPattern).map(quote).join(", ")}]`;
