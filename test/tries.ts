const more = process.env["TRIES"];

/** Whether TRIES is set: tests that try all short texts then try longer ones too, and those that try some bytes try all. */
export const isThorough = more !== undefined;

/** How often a property is tried: `TRIES=100 npm test` tries each a hundred times as often, from other seeds. */
export const tries = (usual: number, seed?: number): { numRuns: number; seed?: number } =>
  more === undefined ? { numRuns: usual, ...(seed !== undefined && { seed }) } : { numRuns: usual * Number(more) };
