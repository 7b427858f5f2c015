/** How much the ordinary check plays, which two cores do in a few minutes. Environment variables ask for more. */
const countOf = (name: string, ordinary: number): number => Number(process.env[name] ?? ordinary);

export const SEEDS = countOf("SIMULATION_SEEDS", 1000);
/** One pair of faults in so many is played; with 1, all of them. */
export const PAIRS_APART = countOf("SIMULATION_PAIRS_APART", 41);
/** The same of sealers, whose archives cost more to verify. */
export const SEAL_PAIRS_APART = PAIRS_APART === 1 ? 1 : PAIRS_APART * 3;
export const STATES = countOf("SIMULATION_STATES", 50_000);
export const SEAL_STATES = countOf("SIMULATION_SEAL_STATES", 20_000);
export const MODEL_RUNS = countOf("SIMULATION_MODEL_RUNS", 300);
