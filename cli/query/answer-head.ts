/** What stands above an answer: its window, its parameters, and what the archive holds of it. */
import { type Instant, instantToMs } from "../../lambda/event/instant.ts";
import { MAX_LISTED } from "../day-ranges.ts";
import { misused } from "../exit.ts";
import { formatCount, lineSafe, plural } from "../terminal.ts";
import { formatIn, UTC } from "../time-zone.ts";
import { checkHolds, countDays, type HeldDays, heldDays, lastDay } from "./held-days.ts";
import { asInstant, daysTouched, type Question, type QuestionWindow, type Values, windowOf } from "./questions.ts";
import type { QueryDay } from "./segment-files.ts";

export interface AnswerHead {
  readonly question: string;
  /** As it is bound. Null: everything that the archive holds. */
  readonly window: QuestionWindow | null;
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
  const archive = heldDays(days, window === null ? {} : daysTouched(window));
  if (window !== null) checkHolds(archive, describeWindow(window, timeZone));
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

export function describeHead(
  { name: question, parameters: all }: Question,
  { window, countedFrom, timeZone, parameters, archive }: AnswerHead,
): string {
  const told = all
    .filter(({ name }) => name !== "since" && name !== "until" && parameters[name] !== "")
    .map(({ name, type }) => {
      const value = parameters[name]!;
      return `; ${name} ${type === "instant" ? describeMoment(value, timeZone) : lineSafe(value)}`;
    })
    .join("");
  const lines = archive.slice(0, MAX_LISTED).map((held) => `  ${describeHeld(held, window)}`);
  const more = archive.length > MAX_LISTED ? [`  and ${plural(archive.length - MAX_LISTED, "more workspace")}`] : [];
  const about = window === null ? "all that the archive holds" : describeWindow(window, timeZone);
  const counted = countedFrom === null ? "" : ", counted from the archive's end";
  const zone = timeZone === UTC ? "" : `; times in ${timeZone}`;
  return [`${question}: ${about}${counted}${zone}${told}`, ...lines, ...more].join("\n");
}

/** Whole UTC days by their names; any other window by its moments, in the time zone of the answer. */
function describeWindow(window: QuestionWindow, timeZone: string): string {
  const days = daysTouched(window);
  const last = lastDay(days.to);
  if (days.from !== window.from || days.to !== window.to) {
    const [from, to] = [window.from, window.to].map((bound) => describeMoment(bound, timeZone));
    return `${from} to ${to} (end excluded)`;
  }
  return days.from === last ? `${last} (UTC)` : `${days.from} to ${last} (${formatCount(countDays(days))} days, UTC)`;
}

const describeMoment = (bound: string, timeZone: string): string => {
  const moment = asInstant(bound);
  const second = formatIn(timeZone, instantToMs(`${moment.slice(0, 19)}.000Z` as Instant));
  const fraction = moment.slice(19, -1).replace(/\.?0*$/, "");
  return second.slice(0, 19) + fraction + (timeZone === UTC ? " UTC" : second.slice(19));
};

function describeHeld({ workspace, days, silent, firstDay, lastDay }: HeldDays, window: QuestionWindow | null): string {
  if (window === null) return `${workspace}: ${firstDay} to ${lastDay}, ${plural(days, "day")} with events`;
  const listed = silent.slice(0, MAX_LISTED).join(", ");
  const others = silent.length > MAX_LISTED ? ` and ${formatCount(silent.length - MAX_LISTED)} more` : "";
  const without = silent.length === 0 ? "" : `, none on ${listed}${others}`;
  return `${workspace}: events on ${formatCount(days)} of ${plural(countDays(daysTouched(window)), "UTC day")}${without}; the archive holds ${firstDay} to ${lastDay}`;
}
