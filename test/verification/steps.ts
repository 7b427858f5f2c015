/** The steps of a verification of everything, in the order in which the state machine takes them. */
import type { VerifyReport } from "../../lambda/archive/verify.ts";
import type { ArchiveStore, CheckpointStore } from "../../lambda/ports.ts";
import { NO_TRUST, type SealTrust } from "../../lambda/seal/verify-seals.ts";
import { type Gathered, gather } from "../../lambda/verification/gather.ts";
import { type PortionLimits, planVerification } from "../../lambda/verification/plan.ts";
import { verifyPortion } from "../../lambda/verification/verify-portion.ts";
import { inventoryKey, type Portion } from "../../lambda/verification/work.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { codec } from "../segment/sample.ts";

export const RUN = "run-1";
/** So that what shows only across days shows only across portions. */
export const DAY_BY_DAY: PortionLimits = { storedBytes: 1e9, segments: 1e6, days: 1 };

export interface StepOptions {
  readonly archive: ArchiveStore;
  readonly work?: ArchiveStore;
  readonly checkpoints?: CheckpointStore;
  readonly trust?: Partial<SealTrust>;
  readonly limits?: PortionLimits;
  readonly mayBeExpired?: (day: string) => boolean;
}

export function stepsOf(options: StepOptions) {
  const { archive, work = createMemoryArchive(), checkpoints = createMemoryCheckpoint() } = options;
  const { limits = DAY_BY_DAY, mayBeExpired = () => false } = options;
  const deps = { archive, work, checkpoints, codec, clock: { now: () => 0 } };
  const trust = { ...NO_TRUST, ...options.trust };
  return {
    plan: () => planVerification(deps, { run: RUN, mayBeExpired, limits }),
    async inventory(): Promise<Portion[]> {
      const lines = (await work.get(inventoryKey(RUN)))!.toString().split("\n").slice(0, -1);
      return lines.map((line) => JSON.parse(line));
    },
    portion: (number: number) => verifyPortion(deps, RUN, number),
    gather: (): Promise<Gathered> => gather(deps, RUN, { mayBeExpired, trust }),
  };
}

/** All steps, what happens `between` plan and portions included. */
export async function verifyInSteps(
  options: StepOptions,
  between: () => Promise<void> = async () => {},
): Promise<VerifyReport> {
  const steps = stepsOf(options);
  await steps.plan();
  await between();
  for (const { portion } of await steps.inventory()) await steps.portion(portion);
  return (await steps.gather()).report;
}
