/** Which events were not shown to whom, and whether that could be told: the ground for what is owed. */
import type { Shown } from "./stream.ts";

/** Who asks: `drain` and `rescan` look for everything that is due; `other` is a window that an operator asked for. */
export type Looker = "drain" | "rescan" | "other";

interface Hide {
  readonly ms: number;
  readonly looker: Looker;
  readonly run: string;
  /** The answer can be told from the truth by asking again, an hour later. */
  readonly isKnowable: boolean;
}

export interface Looks {
  hid(shown: Iterable<Shown>, by: { looker: Looker; run: string }, nowMs: number, isKnowable: boolean): void;
  /**
   * Whether the one who looks cannot be asked for the event: since `sinceMs` it was hidden where nobody could know, or
   * for so long that a second look, an hour after the first, was told the same. Of what somebody asked for, the second
   * look is the same run's, and believed: no later run knows of it.
   */
  excuses(shown: Shown, looker: Looker, sinceMs: number): boolean;
  /** When it was last hidden so; null: never. */
  lastExcuseMs(shown: Shown, looker: Looker): number | null;
}

/** Two looks an hour apart on the source's clock, which is told in whole seconds. */
const BELIEVED_AFTER_MS = 58 * 60_000;

export function createLooks(): Looks {
  const hides = new Map<Shown, Hide[]>();

  function lastExcuseMs(shown: Shown, looker: Looker, sinceMs = 0): number | null {
    const own = (hides.get(shown) ?? []).filter((hide) => hide.looker === looker && hide.ms >= sinceMs);
    const unknowable = own.findLast(({ isKnowable }) => !isKnowable);
    const last = own.at(-1);
    if (last !== undefined && last.ms - own[0]!.ms >= BELIEVED_AFTER_MS) return last.ms;
    if (looker === "other" && own.some(({ run, ms }) => run === last!.run && ms < last!.ms)) return last!.ms;
    return unknowable?.ms ?? null;
  }

  return {
    hid: (shown, by, ms, isKnowable) => {
      for (const event of shown) {
        const own = hides.get(event);
        if (own === undefined) hides.set(event, [{ ...by, ms, isKnowable }]);
        else own.push({ ...by, ms, isKnowable });
      }
    },
    excuses: (shown, looker, sinceMs) => lastExcuseMs(shown, looker, sinceMs) !== null,
    lastExcuseMs,
  };
}
