/** Draws what goes wrong with one call of a process, at the rates of its seed. */
import type { Fault } from "../fakes/faults.ts";
import type { Chance, Stage } from "./stage.ts";

/** Says what goes wrong with a call, named as in `archive.create`. */
export type Decide = (call: string) => Fault | null;

export const drawFaults = (stage: Stage, chance: Chance = stage): Decide => {
  return (call) => drawFault(stage, chance, call);
};

function drawFault({ time, downUntilMs }: Stage, { swarm, random }: Chance, call: string): Fault | null {
  const strikes = swarm.strikes;
  if (strikes("process: crash before an effect")) return { kind: "crash", took: false };
  if (strikes("process: crash after an effect")) return { kind: "crash", took: true };
  const laterMs = () => Math.ceil(1000 * 260_000 ** random.next()); // a second to three days
  switch (call) {
    case "archive.list":
      if (time.now() < downUntilMs.archive || strikes("archive: list fails")) return { kind: "cut", afterObjects: 0 };
      return strikes("archive: list breaks off") ? { kind: "cut", afterObjects: 1 + random.int(2) } : null;
    case "archive.get":
      if (time.now() < downUntilMs.archive || strikes("archive: get fails")) return { kind: "fail", took: false };
      return null;
    case "archive.create":
      if (time.now() < downUntilMs.archive) return { kind: "answer", outcome: "unknown", took: false };
      if (strikes("archive: create unknown, not stored")) return { kind: "answer", outcome: "unknown", took: false };
      if (strikes("archive: create unknown, stored")) return { kind: "answer", outcome: "unknown", took: true };
      if (strikes("archive: create exists, by our own retry")) return { kind: "answer", outcome: "exists", took: true };
      if (strikes("archive: create exists, and does not")) return { kind: "answer", outcome: "exists", took: false };
      if (strikes("archive: create lands later")) return { kind: "late", afterEffects: laterMs() };
      return strikes("archive: create denied") ? { kind: "fail", took: false } : null;
    case "checkpoint.read":
      if (time.now() < downUntilMs.checkpoint) return { kind: "fail", took: false };
      return strikes("checkpoint: read fails") ? { kind: "fail", took: false } : null;
    case "checkpoint.move":
      if (time.now() < downUntilMs.checkpoint) return { kind: "fail", took: false };
      if (strikes("checkpoint: move fails, not stored")) return { kind: "fail", took: false };
      if (strikes("checkpoint: move fails, stored")) return { kind: "fail", took: true };
      if (strikes("checkpoint: move lands later")) return { kind: "late", afterEffects: laterMs() };
      if (strikes("checkpoint: move conflicts with nobody")) return { kind: "answer", outcome: "exists", took: false };
      return null;
    default:
      return null; // a sleep can only be cut off by death; the source has faults of its own
  }
}
