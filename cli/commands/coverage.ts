import { findWorkspaces, isInRange, takeInventory } from "../../lambda/archive/inventory.ts";
import type { CoverageEntry } from "../../lambda/coverage/entry.ts";
import { type Ledger, readLedger } from "../../lambda/coverage/ledger.ts";
import { dayOf, msToInstant, ODD_DAY, shiftDay } from "../../lambda/event/instant.ts";
import { plainText } from "../../lambda/event/plain-text.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { readSeals } from "../../lambda/seal/read-seals.ts";
import { readSealFile } from "../../lambda/seal/seal-file.ts";
import { SealTextError } from "../../lambda/seal/text.ts";
import { defineCommand, type Session } from "../command.ts";
import { calendarLines, type DayState, legendLines } from "../coverage-calendar.ts";
import { EXIT, type ExitCode, highest, misused } from "../exit.ts";
import { openForReading } from "../open.ts";
import { type ReadOptions, readDays, withArchive, withSomeWorkspaces, withWindow } from "../options.ts";
import { formatCount, plural } from "../terminal.ts";
import { sayUnread, unreadCode } from "../unread.ts";

/** More lines about single days than this are not printed; `--json` has all. */
const MAX_REMARKS = 20;

/** What is known of a day. The figures are those of the last entry; null: there is none. */
interface CoveredDay {
  readonly day: string;
  readonly state: DayState;
  readonly entries: number;
  readonly last: CoverageEntry | null;
}

interface WorkspaceCoverage {
  readonly workspace: string;
  readonly days: readonly CoveredDay[];
  readonly ledger: Ledger;
}

export const coverageCommand = defineCommand<ReadOptions>(
  (command) => withWindow(withSomeWorkspaces(withArchive(command)), "days"),
  async (options, session) => {
    const { archive } = await openForReading(options);
    const range = readDays(options, session.clock);
    const workspaces = options.workspace ?? (await findWorkspaces(archive));
    const found: WorkspaceCoverage[] = [];
    for (const workspace of workspaces) found.push(await takeCoverage(archive, workspace, range, session));
    const some = found.filter(({ days }) => days.length > 0);
    if (some.length === 0)
      throw misused("The archive holds nothing for this workspace or window.", "Choose another workspace or window.");
    return highest(some.map((each) => report(each, session)));
  },
);

async function takeCoverage(
  archive: ArchiveStore,
  workspace: string,
  range: { readonly from?: string; readonly to?: string },
  { signal, clock }: Session,
): Promise<WorkspaceCoverage> {
  const { logs } = await takeInventory(archive, { workspace, ...range }, signal);
  const ledger = await readLedger(archive, workspace, range, signal);
  const sealed = await sealedDays(archive, workspace, signal);
  const archived = new Set(logs.map(({ day }) => day).filter((day) => day !== ODD_DAY));
  const known = [...archived, ...ledger.days.keys(), ...sealed].filter((day) => isInRange(day, range)).sort();
  const first = known[0];
  if (first === undefined) return { workspace, days: [], ledger };
  // Up to yesterday, and today where it is known already. What is dated later, a wrong clock has dated.
  const today = dayOf(msToInstant(clock.now()));
  const [end] = [shiftDay(today, -1), shiftDay(range.to ?? today, -1)].sort();
  const last = [known.findLast((day) => day <= today) ?? first, end!].sort().at(-1)!;
  const days: CoveredDay[] = [];
  for (let day = first; day <= last; day = shiftDay(day, 1)) {
    const entries = (ledger.days.get(day) ?? []).map(({ entry }) => entry);
    const isLooked = entries.some(({ complete }) => complete);
    const state = sealed.has(day)
      ? "sealed"
      : isLooked
        ? "looked"
        : entries.length > 0
          ? "partly"
          : archived.has(day)
            ? "archived"
            : "unknown";
    days.push({
      day,
      state,
      entries: entries.length,
      last: entries.findLast(({ complete }) => complete) ?? entries.at(-1) ?? null,
    });
  }
  return { workspace, days, ledger };
}

/** The days that seals name. Whether those are to be believed, `verify` tells. */
async function sealedDays(archive: ArchiveStore, workspace: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { seals } = await readSeals(archive, workspace, signal);
  const days = new Set<string>();
  for (const { bytes } of seals) {
    if (bytes === null) continue;
    try {
      const { day } = readSealFile(bytes).seal;
      if (day !== null) days.add(day);
    } catch (error) {
      if (!(error instanceof SealTextError)) throw error;
    }
  }
  return days;
}

function report({ workspace, days, ledger }: WorkspaceCoverage, { output }: Session): ExitCode {
  const { faults, unread, newer } = ledger;
  output.record({
    workspace,
    days: days.map(({ last, ...day }) => ({ ...day, ...summaryOf(last) })),
    faults,
    newer,
  });
  const stateOf = new Map(days.map(({ day, state }) => [day, state]));
  output.say(`Workspace ${workspace}, ${days[0]!.day} to ${days.at(-1)!.day}`, "bold");
  output.say("");
  for (const line of calendarLines(days[0]!.day, days.at(-1)!.day, (day) => stateOf.get(day)!)) output.say(line);
  output.say("");
  for (const line of legendLines(new Set(stateOf.values()))) output.say(line);
  const remarks = [...remarksOn(days)];
  if (remarks.length > 0) output.say("");
  for (const remark of remarks.slice(0, MAX_REMARKS)) output.say(remark);
  if (remarks.length > MAX_REMARKS)
    output.say(`and ${plural(remarks.length - MAX_REMARKS, "day")} more: --json has all`);
  for (const { invariant, key, message } of faults) output.say(`  ${invariant}  ${key}: ${message}`, "red");
  for (const key of newer) output.say(`  ${key} was written by a newer version: update this one to read it`, "red");
  sayUnread(unread, output);
  return highest([
    unreadCode(unread),
    faults.length > 0 ? EXIT.checkFailed : EXIT.done,
    newer.length > 0 ? EXIT.halted : EXIT.done,
  ]);
}

function summaryOf(last: CoverageEntry | null) {
  if (last === null) return {};
  const { purpose, began, ended, complete, reason, unread, seen, had, added, gone, goneIds, conflicts, odd } = last;
  return { purpose, began, ended, complete, reason, unread, seen, had, added, gone, goneIds, conflicts, odd };
}

const REASONS = {
  "source-forgot": "the source had forgotten it, or may have",
  "source-refused": "the source refused",
  "scan-incomplete": "it could not be read",
};

function* remarksOn(days: readonly CoveredDay[]): Generator<string> {
  for (const { day, last } of days) {
    if (last === null) continue;
    const { reason, unread, gone, goneIds, conflicts } = last;
    if (reason !== null) {
      const parts = unread.map(([from, until]) => `${from.slice(11, 19)} to ${timeOf(until, day)}`);
      const more = parts.length > 2 ? ` and ${parts.length - 2} more parts` : "";
      yield `${day}  not read: ${parts.slice(0, 2).join(", ")}${more}: ${REASONS[reason]}`;
    }
    if (gone > 0) yield `${day}  ${plural(gone, "event")} archived and no longer shown: ${shortList(goneIds, gone)}`;
    if (conflicts > 0) yield `${day}  ${formatCount(conflicts)} shown with another content than is archived`;
  }
}

/** The end of a day is its own, and not the next one's beginning. */
const timeOf = (until: string, day: string): string => (until.startsWith(day) ? until.slice(11, 19) : "24:00:00");

const shortList = (ids: readonly string[], all: number): string =>
  ids
    .slice(0, 2)
    .map((id) => plainText(id))
    .join(", ") + (all > 2 ? ", ..." : "");
