/** What Asana's tokens look like, so that one in a wrong place is neither kept nor printed. */

/** Wherever it stands: behind `Bearer`, between spaces, or at the end of a path that was made of it. */
const TOKEN = /\d\/(?:\d+\/)?\d+[:/][0-9a-f]{20,}|\d\/[0-9a-f]{32}/gi;

export const holdsToken = (text: string): boolean => text.search(TOKEN) !== -1;

export const maskTokens = (text: string): string => text.replaceAll(TOKEN, "<token>");
