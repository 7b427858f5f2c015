/** What a bench is and what it finds. The runner, the check and the page know benches by these types alone. */

/** One claim, measured. */
export interface Bench {
  readonly name: string;
  /** The claim as a sentence. */
  readonly claim: string;
  run(scale: Scale): Promise<Findings>;
}

/** How much is measured: everything, or just enough to show that the bench still works. */
export interface Scale {
  readonly isSmoke: boolean;
  /** Rounds of interleaved variants; medians need five. */
  readonly rounds: number;
  /** The first when measuring, the second for a smoke run. */
  pick<T>(full: T, smoke: T): T;
  /** Prints what is being done, on standard error. */
  note(text: string): void;
}

export interface Findings {
  readonly ratios: readonly Ratio[];
  readonly tables: readonly Table[];
  /** What a reader must know to judge the figures. */
  readonly notes?: readonly string[];
  readonly plots?: readonly Plot[];
}

/** The findings of a bench of several parts, which are measured one after the other. */
export async function measureParts(
  scale: Scale,
  parts: readonly ((scale: Scale) => Promise<Findings>)[],
): Promise<Findings> {
  const found: Findings[] = [];
  for (const part of parts) found.push(await part(scale));
  return {
    ratios: found.flatMap(({ ratios }) => ratios),
    tables: found.flatMap(({ tables }) => tables),
    notes: found.flatMap(({ notes = [] }) => notes),
    plots: found.flatMap(({ plots = [] }) => plots),
  };
}

/** Median, least and most over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Ratio {
  /** Unique within the bench; recorded ratios are found by it. */
  readonly id: string;
  /** Number of the target that it answers; left out if it is only reported. */
  readonly target?: number;
  readonly meaning: string;
  readonly value: Spread;
  /** The bound that has to be met, and a stricter one to aim for. */
  readonly goal?: { readonly is: "at least" | "at most"; readonly bound: number; readonly stretch: number };
  readonly unit?: string;
  /** Printed on the page if the bound is missed. */
  readonly why?: string;
  /** Absolute figures of this machine are reported, never compared with recorded ones. */
  readonly isAbsolute?: boolean;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Lines over a logarithmic or linear x axis. */
export interface Plot {
  /** Name of its file, without `.svg`. */
  readonly file: string;
  readonly title: string;
  readonly x: { readonly label: string; readonly isLog?: boolean };
  readonly y: { readonly label: string };
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
}
