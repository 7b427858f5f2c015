/** What stands above an answer: its window, its parameters, and what the archive holds of it. */
import { MAX_LISTED } from "../day-ranges.ts";
import { misused } from "../exit.ts";
import { formatCount, plural } from "../terminal.ts";
import { UTC } from "../time-zone.ts";
import { checkHolds, countDays, type DayWindow, type HeldDays, heldDays, lastDay } from "./held-days.ts";
import { type Question, type Values, windowOf } from "./questions.ts";
import type { QueryDay } from "./segment-files.ts";

export interface AnswerHead {
  readonly question: string;
  /** null: everything that the archive holds. */
  readonly window: DayWindow | null;
  /** The last day of the archive, if the window depends on it. */
  readonly countedFrom: string | null;
  /** In which times are shown. */
  readonly timeZone: string;
  readonly parameters: Values;
  readonly archive: readonly HeldDays[];
}

/** Throws ArchiverError `misconfigured` where the archive holds nothing of the window: nothing can be said about it. */
export function answerHead(
  question: Question,
  values: Values,
  all: readonly QueryDay[],
  { countedFrom, timeZone }: Pick<AnswerHead, "countedFrom" | "timeZone">,
): AnswerHead {
  const days = daysOf(values["workspace"], all);
  const window = windowOf(values);
  const archive = heldDays(days, window ?? {});
  if (window !== null) checkHolds(archive, describeWindow(window));
  return { question: question.name, window, countedFrom, timeZone, parameters: values, archive };
}

/** The days of one workspace, or of all. Throws ArchiverError `misconfigured` for one that the archive does not hold. */
export function daysOf(workspace: string | undefined, all: readonly QueryDay[]): readonly QueryDay[] {
  if (workspace === undefined || workspace === "") return all;
  const days = all.filter((day) => day.workspace === workspace);
  if (days.length > 0) return days;
  const held = [...new Set(all.map((day) => day.workspace))];
  throw misused(
    `The archive holds no workspace ${JSON.stringify(workspace)}.`,
    held.length === 0 ? "It is empty." : `It holds ${held.join(", ")}.`,
  );
}

export function describeHead({ question, window, countedFrom, timeZone, parameters, archive }: AnswerHead): string {
  const rest = Object.entries(parameters).filter(([name, value]) => !["since", "until"].includes(name) && value !== "");
  const told = rest
    .map(([name, value]) => `; ${name} ${value}${/^\d{4}-\d\d-\d\d \d\d:/.test(value) ? " UTC" : ""}`)
    .join("");
  const lines = archive.slice(0, MAX_LISTED).map((held) => `  ${describeHeld(held, window)}`);
  const more = archive.length > MAX_LISTED ? [`  and ${plural(archive.length - MAX_LISTED, "more workspace")}`] : [];
  const about = window === null ? "all that the archive holds" : describeWindow(window);
  const counted = countedFrom === null ? "" : ", counted from the archive's end";
  const zone = timeZone === UTC ? "" : `; times in ${timeZone}`;
  return [`${question}: ${about}${counted}${zone}${told}`, ...lines, ...more].join("\n");
}

const describeWindow = (window: DayWindow): string => {
  const last = lastDay(window.to);
  return window.from === last
    ? `${last} (UTC)`
    : `${window.from} to ${last} (${formatCount(countDays(window))} days, UTC)`;
};

function describeHeld({ workspace, days, silent, firstDay, lastDay }: HeldDays, window: DayWindow | null): string {
  if (window === null) return `${workspace}: ${firstDay} to ${lastDay}, ${plural(days, "day")} with events`;
  const listed = silent.slice(0, MAX_LISTED).join(", ");
  const others = silent.length > MAX_LISTED ? ` and ${formatCount(silent.length - MAX_LISTED)} more` : "";
  const without = silent.length === 0 ? "" : `, none on ${listed}${others}`;
  return `${workspace}: events on ${formatCount(days)} of ${plural(countDays(window), "day")}${without}; the archive holds ${firstDay} to ${lastDay}`;
}
