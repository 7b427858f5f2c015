/** What somebody may have meant by a word that does not exist. */

/** Words that a name is also known by, such as those of other tools. */
export type Senses = Readonly<Record<string, readonly string[]>>;

const MOST = 3;

/** By sense, else by its beginning, else by spelling; the likeliest first. Empty: nothing comes near. */
export function suggest(word: string, names: readonly string[], senses: Senses = {}): string[] {
  const plain = word.toLowerCase();
  const bySense = names.filter((name) => senses[name]?.includes(plain));
  if (bySense.length > 0) return bySense.slice(0, MOST);
  const byBeginning = plain.length < 3 ? [] : names.filter((name) => name.startsWith(plain));
  if (byBeginning.length > 0) return byBeginning.slice(0, MOST);
  const near = names.map((name) => ({ name, edits: editsBetween(plain, name.toLowerCase()) }));
  const least = Math.min(...near.map(({ edits }) => edits));
  return near
    .filter(
      ({ name, edits }) => edits === least && edits <= Math.max(1, Math.floor(Math.min(name.length, plain.length) / 3)),
    )
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** `Did you mean a, b or c?`; null if there is nothing to suggest. */
export function didYouMean(suggestions: readonly string[]): string | null {
  const last = suggestions.at(-1);
  if (last === undefined) return null;
  const before = suggestions.slice(0, -1).join(", ");
  return `Did you mean ${before === "" ? last : `${before} or ${last}`}?`;
}

/** Letters inserted, left out, replaced or exchanged with their neighbour. */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
