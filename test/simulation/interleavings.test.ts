/** Two drains and a rescan at once, in every order in which their effects can happen. */
import { expect, it } from "vitest";
import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { NEVER } from "../fakes/run.ts";
import { STATES } from "./counts.ts";
import { explore } from "./explore.ts";
import type { Program } from "./participant.ts";
import type { SourceModel, StoresState } from "./stores-state.ts";
import { spellEvent } from "./stream.ts";

const workspace = "1201";
const now = "2026-05-02T12:00:00.000Z" as Instant;
const told = { settings: { batchEvents: 2 }, limits: { readers: 1 } };

const drains: Program = (deps) => drain(deps, { workspace, ...told }, NEVER);
const rescans: Program = (deps) =>
  rescan(deps, { workspace, ...told, what: { kind: "window", startAt: null, endAt: now } }, NEVER);

function sourceOf(times: readonly (readonly [at: string, late: number])[]): SourceModel {
  const events = times.map(([at, late], index) => ({
    event: spellEvent({ gid: String(10 + index), createdAt: `2026-05-02T${at}.000Z` }).event,
    late,
  }));
  return { events, pageSize: 2, now };
}

const empty: StoresState = {
  objects: new Map(),
  checkpoint: null,
  moves: 0,
  shown: 0,
  inFlight: new Map(),
  unknownsLeft: 0,
};

it(
  `${STATES} states of two drains and a rescan, with a late event and a create of unknown fate`,
  async () => {
    const source = sourceOf([
      ["09:00:00", 0],
      ["09:30:00", 1],
      ["10:00:00", 0],
      ["10:00:00", 0],
    ]);
    const { states, stores, isComplete } = await explore({
      programs: { a: drains, b: drains, c: rescans },
      source,
      lateSteps: 1,
      start: { ...empty, unknownsLeft: 1 },
      workspace,
      maxStates: STATES,
    });
    console.log(`${states} states, ${stores} of the stores${isComplete ? ", which is all there are" : ""}`);
    expect(isComplete || states >= STATES).toBe(true);
  },
  24 * 3_600_000,
);
