/** Reproducible randomness: the same labels give the same draws on every machine. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number at least 0 and below `below`. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** Draws nothing for a probability of 0 or 1, so that switching something off moves no other draw. */
  chance(probability: number): boolean;
}

/** The sfc32 generator, started from a hash of the labels. */
export function createRandom(...labels: readonly (string | number)[]): Random {
  let [a, b, c, counter] = hashLabels(labels.join("\u0000"));
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round++) next();
  const int = (below: number) => Math.floor(next() * below);
  return {
    next,
    int,
    pick: (list) => list[int(list.length)] as (typeof list)[number],
    chance: (probability) => (probability <= 0 ? false : probability >= 1 ? true : next() < probability),
  };
}

/** Four words of FNV-1a with different starts, each stirred once more. */
function hashLabels(text: string): [number, number, number, number] {
  const words = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((start) => {
    let hash = start;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  });
  return words as [number, number, number, number];
}

/** Picks by weight with one draw: `weights` are summed once, each pick is a binary search. */
export function createWeighted<T>(entries: readonly (readonly [T, number])[]): (random: Random) => T {
  const sums = new Float64Array(entries.length);
  let total = 0;
  entries.forEach(([, weight], index) => {
    total += weight;
    sums[index] = total;
  });
  return (random) => {
    const drawn = random.next() * total;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (drawn < sums[middle]!) high = middle;
      else low = middle + 1;
    }
    return entries[low]![0];
  };
}
