/**
 * The sealer of a seed: when it runs, with which key, what goes wrong, and whether all that is due is sealed once it is
 * calm. It draws from a stream of its own and waits for nobody, so that a seed's runs are what they are without it.
 */
import { createRandom } from "../../feed/random.ts";
import { mayBeExpired } from "../../lambda/archive/invariants.ts";
import type { VerifyReport } from "../../lambda/archive/verify.ts";
import { ArchiverError, type ErrorKind } from "../../lambda/errors.ts";
import { DAY_MS, dayOf, MINUTE_MS, msToInstant, shiftDay } from "../../lambda/event/instant.ts";
import type { Untold } from "../../lambda/seal/chain.ts";
import { lastSettledDay } from "../../lambda/seal/due.ts";
import { type VerifierKey, verifierKey } from "../../lambda/seal/note.ts";
import { changeSealingKey, type SealDeps, type SealReport, sealWorkspace } from "../../lambda/seal/sealer.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import type { KeyChangeReason } from "../../lambda/seal/text.ts";
import { NO_TRUST, type SealTrust } from "../../lambda/seal/verify-seals.ts";
import { dayPrefix } from "../../lambda/segment/key.ts";
import { NEVER } from "../fakes/run.ts";
import { ARCHIVE_NAME, testSigner } from "../seal/signers.ts";
import { createProcess, type Process } from "./process.ts";
import type { SealAuditor } from "./seal-auditor.ts";
import { codec, type Stage, WORKSPACE } from "./stage.ts";
import { drawSwarm, SEALER_FAULT_KINDS, type Swarm } from "./swarm.ts";
import { Violation } from "./violation.ts";
import { GRACE_MS } from "./world.ts";

export interface Sealing {
  /** Perhaps starts a sealer, or several, or somebody who changes the key. Nobody waits for them. */
  start(): void;
  /** Kills those that are at work. */
  stop(): void;
  /** Seals all that is due, without a fault and in no time, and demands that all of it is sealed. */
  sealAll(): Promise<void>;
  /** While a segment is damaged a sealer halts. */
  mayHalt: boolean;
  /** What whoever verifies trusts; null: no sealer is at work. */
  trust(): SealTrust | null;
  /** Of what the seals leave open, what should not be. */
  untoldOf(report: Pick<VerifyReport, "untold">): readonly Untold[];
  readonly struck: Swarm["struck"];
}

/** Most seeds are about runs, and have no sealer. */
const SHARE = 0.15;
const MAX_CALM_RUNS = 3;

export function createSealing(stage: Stage, seed: number): Sealing {
  const random = createRandom("sealing", seed);
  const isOn = random.chance(SHARE);
  const { expireAfterDays } = stage.world;
  const settings = { settledAfterHours: 6, expireAfterDays };
  const swarm = drawSwarm(random, SEALER_FAULT_KINDS);
  const { strikes, rates } = swarm;
  if (rates["clock: wrong by hours"] || rates["clock: jumps in a run"]) stage.seals.clocksDifferMs = DAY_MS;
  const signers: Signer[] = [testSigner(1)];
  /** Keys that a verifier has to be told of beside that of the first seal: each that took over from a lost one. */
  const told = new Set<Signer>();
  /** A change of the key that was begun, and of which it is not known whether it took place. */
  let change: { readonly next: Signer; readonly reason: KeyChangeReason } | null = null;
  let live: Process[] = [];
  let count = 0;

  const sealing: Sealing = {
    mayHalt: false,
    struck: swarm.struck,
    start: () => {
      if (!isOn || strikes("sealer: does not run")) return;
      startSealer();
      if (strikes("sealer: runs side by side")) startSealer();
      if (change === null && strikes("key: rotated")) begin("rotation");
      if (change === null && strikes("key: lost")) begin("loss");
      if (change !== null) startChange();
    },
    stop: () => {
      for (const process of live) process.kill("stopped by its operator");
      live = [];
    },
    sealAll: async () => {
      if (!isOn) return;
      sealing.stop();
      stage.trace.note("all that is due is sealed");
      if (change !== null && !hasTakenOver()) await calmly(changeKey(plain(inForce()), change));
      change = null;
      for (let runs = 1; ; runs += 1) {
        const report = await calmly(sealWorkspace({ ...plain(inForce()), alwaysLooksBack: true }, WORKSPACE, NEVER));
        if (report === null) return;
        if (report.sealed.length === 0) break;
        if (runs > MAX_CALM_RUNS) stage.fail(new Violation("I8", `not sealed after ${runs} runs without a fault`));
      }
      demandSealed();
    },
    untoldOf: ({ untold }) => {
      const { lastDay } = stage.seals;
      if (!isOn || lastDay === null) return [];
      return untold.filter(({ key }) => !(key > dayPrefix(WORKSPACE, lastDay))); // those days wait
    },
    trust: () => (isOn ? { ...NO_TRUST, keys: [signerOf(stage.seals.firstKey), ...told].map(keyOf) } : null),
  };
  return sealing;

  /** Before the first seal any signer may make it; in calm it is the first one. */
  function signerOf(key: SealAuditor["firstKey"]): Signer {
    return key === null ? signers[0]! : signers.find((one) => keyOf(one).keyId === key.keyId)!;
  }

  function inForce(): Signer {
    return signerOf(stage.seals.keyInForce);
  }

  function hasTakenOver(): boolean {
    return inForce() === change?.next;
  }

  function begin(reason: KeyChangeReason): void {
    const next = testSigner(1 + signers.length);
    signers.push(next);
    if (reason === "loss") told.add(next);
    change = { next, reason };
  }

  function startSealer(): void {
    const signer = strikes("sealer: an old key") ? random.pick(signers) : inForce();
    const alwaysLooksBack = random.chance(0.2);
    const name = `sealer-${++count}`;
    play(name, signer, (deps, signal) => sealWorkspace({ ...deps, alwaysLooksBack }, WORKSPACE, signal));
  }

  function startChange(): void {
    const current = change!;
    if (hasTakenOver()) {
      change = null;
      return;
    }
    play(`key change-${++count}`, inForce(), (deps, signal, process) =>
      changeKey(deps, { ...current, next: faulty(current.next, process) }, signal),
    );
  }

  function changeKey(deps: SealDeps, { next, reason }: NonNullable<typeof change>, signal = NEVER) {
    return changeSealingKey(deps, WORKSPACE, next, reason, signal);
  }

  function plain(signer: Signer): SealDeps {
    const { archive, time } = stage;
    const more = { writer: "1.0.0", archiveName: ARCHIVE_NAME, log: () => undefined };
    return { archive, codec, signer, clock: { now: time.now }, settings, ...more };
  }

  /** Starts somebody in a process of its own, which may die. */
  function play(
    name: string,
    signer: Signer,
    work: (deps: SealDeps, signal: AbortSignal, process: Process) => Promise<unknown>,
  ): void {
    const process = createProcess(stage, name, { chance: { random, swarm } });
    live = [...live.filter((one) => !one.isDead()), process];
    const deadline = new AbortController();
    const timeMs = strikes("process: time is up early") ? 1000 * random.int(10) : MINUTE_MS * (1 + random.int(14));
    stage.time.after(timeMs).then(() => deadline.abort(new Error("time is up")));
    stage.time.after(timeMs + GRACE_MS).then(() => process.kill("killed at its deadline"));
    stage.trace.note(`${name} starts`);
    const writer = strikes("sealer: another writer version") ? "1.1.0" : "1.0.0";
    const deps = { ...plain(faulty(signer, process)), archive: process.stores.archive, clock: process.clock, writer };
    work(deps, deadline.signal, process).then(
      () => process.kill("done"),
      (error: unknown) => {
        if (!process.isDead()) judgeError(name, error);
        process.kill("failed");
      },
    );
  }

  /** Of what may go wrong nothing may be hidden, and nothing may halt that is in order. */
  function judgeError(name: string, error: unknown): void {
    const kind = error instanceof ArchiverError ? error.kind : null;
    stage.trace.note(`${name}: ${error instanceof Error ? error.message : error}`);
    const isExpected = kind === "unavailable" || kind === "refused" || (kind === "misconfigured" && signers.length > 1);
    if (isExpected || (kind === "halted" && isHaltExplained(error as ArchiverError))) return;
    if (error instanceof Violation || (error as Error).message === "time is up") return;
    stage.violations.push(new Violation("errors", `${name}: ${error instanceof Error ? error.stack : error}`));
  }

  function isHaltExplained({ message }: ArchiverError): boolean {
    return sealing.mayHalt || message.includes("is no signature by the key");
  }

  /** The signer as a process has it: it may fall silent, or give what is no signature. */
  function faulty(signer: Signer, process: Process): Signer {
    const fail = (kind: ErrorKind) => new ArchiverError(kind, "Simulated.", { advice: "None." });
    return {
      ...signer,
      sign: async (text) => {
        await process.reach("signer.sign", signer.keyName);
        process.strike("signer.sign");
        if (process.isDead()) await process.reach("signer.sign", signer.keyName);
        if (strikes("signer: unavailable")) throw fail("unavailable");
        if (strikes("signer: refused")) throw fail("refused");
        if (strikes("signer: gives no signature")) return Buffer.alloc(64, random.int(256));
        if (strikes("signer: signs with another key")) return await testSigner(99).sign(text);
        const signature = await signer.sign(text);
        if (strikes("signer: answer lost")) throw fail("unavailable");
        return signature;
      },
    };
  }

  async function calmly<T>(work: Promise<T>): Promise<T | null> {
    try {
      const done = await work;
      const halted = (done as Partial<SealReport>).halted ?? null;
      if (halted !== null) throw new ArchiverError("halted", halted.reason, halted);
      return done;
    } catch (error) {
      // Without a seal there is no key that could hand over.
      if (error instanceof ArchiverError && error.message.includes("has no seal yet")) return null;
      if (error instanceof ArchiverError && error.kind === "halted" && isHaltExplained(error)) return null;
      throw error instanceof Violation ? error : new Violation("errors", `a calm sealer: ${(error as Error).stack}`);
    }
  }

  /** Each day that was looked at to its end is sealed so; but where the one before it was not, it waits for a week. */
  function demandSealed(): void {
    const { seals, coverage, time } = stage;
    const lastSettled = lastSettledDay(time.now(), settings.settledAfterHours);
    const today = dayOf(msToInstant(time.now()));
    if (seals.lastDay === null && [...coverage.complete].every((day) => day > lastSettled)) return;
    for (const day of coverage.complete) {
      if (mayBeExpired(day, expireAfterDays, today)) continue;
      if (seals.lastDay !== null && (day > seals.lastDay || seals.byDay.get(day)?.state === "complete")) continue;
      stage.fail(new Violation("I10", `${day} was looked at to its end, and is not sealed so`));
    }
    const next = shiftDay(seals.lastDay!, 1);
    if (next <= lastSettled && (coverage.complete.has(next) || next <= shiftDay(lastSettled, -7)))
      stage.fail(new Violation("I10", `${next} is due, and is not sealed`));
  }
}

const keyOf = (signer: Signer): VerifierKey => verifierKey(signer.keyName, signer.publicKey);
