/** Two sealers at once, in every order in which their effects can happen, while a late segment lands. */
import { expect, it } from "vitest";
import { DAY_MS, type Instant, startOfDay } from "../../lambda/event/instant.ts";
import { type SealDeps, sealWorkspace } from "../../lambda/seal/sealer.ts";
import { dayPrefix } from "../../lambda/segment/key.ts";
import { NEVER } from "../fakes/run.ts";
import { chainOf, depsAt, type Objects, putLog } from "../seal/sealed-archive.ts";
import { ARCHIVE_NAME, testSigner } from "../seal/signers.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";
import { SEAL_STATES } from "./counts.ts";
import { explore } from "./explore.ts";
import type { Program } from "./participant.ts";
import { archiveOf, day, demandClean } from "./seal-rows.ts";
import type { StoresState } from "./stores-state.ts";
import { Violation } from "./violation.ts";

const sealer =
  (writer: string): Program =>
  (deps) => {
    const more = { codec, signer: testSigner(), archiveName: ARCHIVE_NAME, settings: { settledAfterHours: 6 } };
    return sealWorkspace({ ...deps, ...more, writer } satisfies SealDeps, WORKSPACE, NEVER);
  };

/** As it is the chain holds; and whoever seals next seals all there is. */
async function judge(state: StoresState): Promise<void> {
  const objects: Objects = new Map(state.objects);
  const [violation] = chainOf(objects).violations;
  if (violation !== undefined) throw new Violation(violation.invariant, `${violation.key} ${violation.message}`);
  const seal = () => sealWorkspace({ ...depsAt(objects, day(3)), alwaysLooksBack: true }, WORKSPACE, NEVER);
  await seal();
  for (const [key, bytes] of state.inFlight) if (!objects.has(key)) objects.set(key, bytes);
  await seal();
  await demandClean(objects);
}

it(
  `${SEAL_STATES} states of two sealers, with a late segment and a create of unknown fate`,
  async () => {
    const objects = await archiveOf([[2], [1]]);
    const later: Objects = new Map(objects);
    await putLog(later, day(0), 1);
    const late = [...later].filter(([key]) => key.startsWith(dayPrefix(WORKSPACE, day(0))) && !objects.has(key));
    expect(late.length).toBe(1);
    const now = new Date(Date.parse(startOfDay(day(2))) + DAY_MS / 2).toISOString() as Instant;
    const { states, stores, isComplete } = await explore({
      programs: { a: sealer("1.0.0"), b: sealer("1.1.0") },
      source: { events: [], pageSize: 1, now },
      lateSteps: 0,
      start: { objects, checkpoint: null, moves: 0, shown: 0, inFlight: new Map(late), unknownsLeft: 1 },
      workspace: WORKSPACE,
      maxStates: SEAL_STATES,
      judge,
    });
    console.log(`${states} states, ${stores} of the stores${isComplete ? ", which is all there are" : ""}`);
    expect(isComplete || states >= SEAL_STATES).toBe(true);
  },
  24 * 3_600_000,
);
