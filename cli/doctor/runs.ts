/** Checks of the runs: whether they are started, and whether they have come to an end lately, as the checkpoint tells. */
import type { SpanStatus } from "../../lambda/archive/span-status.ts";
import { instantToMs } from "../../lambda/event/instant.ts";
import { OVERDUE_HOURS } from "../../lambda/telemetry/run-metrics.ts";
import { formatDuration, plural } from "../terminal.ts";
import { cannotTell, defineCheck, notOk, ok } from "./finding.ts";
import { READ } from "./readings.ts";

export interface SchedulesState {
  /** Names of the stack's schedules. */
  readonly deployed: readonly string[];
  /** By name, as the scheduler says it. */
  readonly states: ReadonlyMap<string, string>;
}

export const schedulesCheck = defineCheck<SchedulesState>("schedules", READ.notArchiving, ({ deployed, states }) => {
  const gone = deployed.filter((name) => !states.has(name));
  const off = deployed.filter((name) => states.has(name) && states.get(name) !== "ENABLED");
  if (gone.length > 0) return notOk(`gone: ${gone.join(", ")}`, "Ask who deleted them, and deploy again");
  if (off.length > 0) return notOk(`not enabled: ${off.join(", ")}`, "Enable them");
  return deployed.length === 0
    ? cannotTell("the stack has none", "Check that it is the archive's stack")
    : ok(`all ${deployed.length} are enabled`);
});

export interface RunsState {
  readonly workspace: string;
  /** What the checkpoint says; null: there is none. */
  readonly spans: SpanStatus | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly everyMinutes: number;
}

/** As for the alarm "Not archiving". */
const INTERVALS = 3;
/** As for the alarm "Rescans not done". */
const RESCAN_MS = 3 * 3_600_000;
const ALLOWED_HOURS: Readonly<Record<string, number>> = OVERDUE_HOURS;

/** How long ago a drain last read the newest events; null: nothing tells. */
export const drainedAgoMs = ({ spans, now }: RunsState): number | null =>
  spans?.drainedAt == null ? null : Math.max(0, now - instantToMs(spans.drainedAt));

export const isDrainFresh = (state: RunsState): boolean =>
  (drainedAgoMs(state) ?? Number.POSITIVE_INFINITY) <= INTERVALS * state.everyMinutes * 60_000;

export const lastDrainCheck = defineCheck<RunsState>(
  ({ workspace }) => `last drain of ${workspace}`,
  READ.notArchiving,
  (state) => {
    if (state.spans === null) return notOk("none has come to its end", "Start one (output RunOnce) and read its error");
    const agoMs = drainedAgoMs(state);
    if (agoMs === null) return cannotTell("the checkpoint does not say", "Start a run (output RunOnce)");
    const found = `${formatDuration(agoMs)} ago`;
    if (isDrainFresh(state)) return ok(found);
    return notOk(
      `${found}, and one is due every ${state.everyMinutes} min`,
      "Read the error of the last run in the log",
    );
  },
);

export const lastRescanCheck = defineCheck<RunsState>(
  ({ workspace }) => `last rescan of ${workspace}`,
  READ.rescans,
  ({ spans, now }) => {
    if (spans === null) return notOk("none has come to its end", "Read the error of the last run in the log");
    const { recentUntil } = spans.scheduled;
    if (recentUntil === null) return cannotTell("none since the first event, or no event yet", "Wait for an hour");
    const agoMs = Math.max(0, now - instantToMs(recentUntil));
    const overdue = spans.toRead.filter(
      ({ purpose, dueForMs }) => dueForMs > (ALLOWED_HOURS[purpose] ?? Number.POSITIVE_INFINITY) * 3_600_000,
    );
    const found = `${formatDuration(agoMs)} ago`;
    if (agoMs > RESCAN_MS)
      return notOk(`${found}, and one is due every hour`, "Read the error of the last run in the log");
    if (overdue.length === 0) return ok(found);
    const what = overdue.map(
      ({ purpose, count, dueForMs }) => `${plural(count, `${purpose} span`)} for ${formatDuration(dueForMs)}`,
    );
    return notOk(`${found}, but overdue: ${what.join(", ")}`, "See whether the rescans end in time");
  },
);

export interface SealState {
  readonly workspace: string;
  /** When the newest seal was made, in milliseconds since 1970; null: there is none. */
  readonly sealedAt: number | null;
  readonly now: number;
}

/** As for the alarm "Not sealed": each day brings a seal, quiet or not. */
const SEAL_MS = 3 * 24 * 3_600_000;

export const lastSealCheck = defineCheck<SealState>(
  ({ workspace }) => `last seal of ${workspace}`,
  READ.notSealed,
  ({ sealedAt, now }) => {
    if (sealedAt === null)
      return notOk("no day is sealed yet", "Start a sealing (output SealNow), and read what it says");
    const agoMs = Math.max(0, now - sealedAt);
    const found = `${formatDuration(agoMs)} ago`;
    if (agoMs <= SEAL_MS) return ok(found);
    return notOk(`${found}, and one is due every day`, "Read the error of the last sealing in the sealer's log");
  },
);
