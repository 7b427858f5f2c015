/** How much the check plays: what two cores do in some minutes. More is a matter of the environment. */
const countOf = (name: string, ordinary: number): number => Number(process.env[name] ?? ordinary);

export const SEEDS = countOf("SIMULATION_SEEDS", 1000);
/** One in so many pairs of faults is played; 1: all of them. */
export const PAIRS_APART = countOf("SIMULATION_PAIRS_APART", 41);
export const STATES = countOf("SIMULATION_STATES", 50_000);
export const MODEL_RUNS = countOf("SIMULATION_MODEL_RUNS", 300);
