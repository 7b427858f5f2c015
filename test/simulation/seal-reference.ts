/** Short runs of a sealer on small archives, in which every effect has a number, and any of them can be made to fail. */
import { ArchiverError } from "../../lambda/errors.ts";
import { SEALS_PREFIX } from "../../lambda/seal/seal-key.ts";
import { changeSealingKey, type SealDeps, sealWorkspace } from "../../lambda/seal/sealer.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import { createFaults, type Decide, type Faults, SimulatedCrash, simulatedOutage } from "../fakes/faults.ts";
import { createFaultyArchive } from "../fakes/faulty-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { NEVER } from "../fakes/run.ts";
import { chainOf, depsAt, type Objects, putLog, putLook, sealAt, unreadAll } from "../seal/sealed-archive.ts";
import { testSigner } from "../seal/signers.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { archiveOf, day, demandClean } from "./seal-rows.ts";
import { Violation } from "./violation.ts";

export type SealReferenceName = "first seals" | "late seals" | "change of the key";

interface SealReference {
  readonly at: string;
  /** Seals that there are in the end. */
  readonly seals: number;
  readonly signers: readonly Signer[];
  prepare(): Promise<Objects>;
  work(deps: SealDeps): Promise<unknown>;
}

const [first, second] = [testSigner(), testSigner(2)];
const sealing = (deps: SealDeps) => sealWorkspace({ ...deps, alwaysLooksBack: true }, WORKSPACE, NEVER);

const REFERENCES: Readonly<Record<SealReferenceName, SealReference>> = {
  "first seals": {
    at: day(2),
    seals: 2,
    signers: [first],
    prepare: () => archiveOf([[2, 1], []]),
    work: sealing,
  },
  "late seals": {
    at: `${day(9)}T18:00:00Z`,
    seals: 5,
    signers: [first],
    prepare: async () => {
      const objects = await archiveOf([[2], [1], []], [1, 2]);
      putLook(objects, day(1), unreadAll(day(1)));
      await sealAt(objects, day(9));
      await putLog(objects, day(0), 1);
      putLook(objects, day(1), { purpose: "aged" });
      putLook(objects, day(2));
      return objects;
    },
    work: sealing,
  },
  "change of the key": {
    at: day(2),
    seals: 2,
    signers: [first, second],
    prepare: async () => {
      const objects = await archiveOf([[2]]);
      await sealAt(objects, day(2));
      return objects;
    },
    work: (deps) =>
      changeSealingKey(deps, WORKSPACE, second, "rotation", NEVER).catch((error: unknown) => {
        // The one before has done it.
        if (!(error instanceof ArchiverError && error.kind === "misconfigured")) throw error;
      }),
  },
};
const prepared = new Map<SealReferenceName, Promise<Objects>>();

/** A copy of what is prepared once. */
async function archiveFor(name: SealReferenceName): Promise<Objects> {
  const objects = prepared.get(name) ?? REFERENCES[name].prepare();
  prepared.set(name, objects);
  return new Map(await objects);
}

export const SEAL_REFERENCE_NAMES = Object.keys(REFERENCES) as SealReferenceName[];

/** The calls of a run in which nothing goes wrong, in order: as in `archive.create`. */
export async function sealCalls(name: SealReferenceName): Promise<readonly string[]> {
  const reference = REFERENCES[name];
  const faults = createFaults();
  await reference.work(depsOf(reference, await archiveFor(name), faults));
  return faults.effects.map(({ port, operation }) => `${port}.${operation}`);
}

/** Plays runs with faults, then such without, and throws a Violation if all is not well in the end. */
export async function playSealScript(name: SealReferenceName, decide: Decide, last: number): Promise<void> {
  const reference = REFERENCES[name];
  const { at, seals, signers } = reference;
  const objects = await archiveFor(name);
  const faults = createFaults(decide);
  for (let runs = 0; faults.effects.length < last && runs < 3; runs += 1) {
    await reference.work(depsOf(reference, objects, faults, `1.0.${runs}`)).catch(expectOutage);
    chainHolds(objects);
  }
  await reference.work(depsOf(reference, objects, createFaults()));
  await faults.landAll();
  await reference.work(depsOf(reference, objects, createFaults()));
  const found = [...objects.keys()].filter((key) => key.startsWith(SEALS_PREFIX)).length;
  if (found !== seals) throw new Violation("I9", `${found} seals by ${at}, and ${seals} are right`);
  await demandClean(objects, [...signers]);
}

function depsOf({ at }: SealReference, objects: Objects, faults: Faults, writer = "1.1.0"): SealDeps {
  const archive = createFaultyArchive(createMemoryArchive(objects), faults);
  return depsAt(objects, at, { archive, writer, signer: createFaultySigner(first, faults) });
}

/** A signer whose calls go wrong as `faults` says: it falls silent, dies, or gives what is no signature. */
function createFaultySigner(signer: Signer, faults: Faults): Signer {
  return {
    ...signer,
    sign: async (text) => {
      const fault = await faults.next("signer", "sign", signer.keyName);
      if (fault?.kind === "crash") throw new SimulatedCrash("sign");
      if (fault?.kind === "answer") return Buffer.alloc(64, 1);
      if (fault !== null) throw simulatedOutage("sign");
      return await signer.sign(text);
    },
  };
}

function expectOutage(error: unknown): void {
  if (error instanceof SimulatedCrash) return;
  if (!(error instanceof ArchiverError)) throw error;
  const isWrongAnswer = error.message.includes("is no signature by the key");
  if (error.kind !== "unavailable" && !isWrongAnswer)
    throw new Violation("errors", `${error.kind} without a reason: ${error.message}`);
}

/** What is there holds at any moment, whatever is missing. */
function chainHolds(objects: Objects): void {
  const { violations } = chainOf(objects);
  if (violations[0] !== undefined)
    throw new Violation(violations[0].invariant, `${violations[0].key} ${violations[0].message}`);
}
