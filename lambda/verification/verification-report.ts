/** The reports of verifications, and what the newest of them says today. */
import type { VerifyReport } from "../archive/verify.ts";
import { VERIFY_PATIENCE_DAYS } from "../contract.ts";
import { DAY_MS, type Instant, instantToMs } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { keepJson, readKept } from "./work.ts";

export const REPORTS_PREFIX = "reports/verify/";

export interface ReportHead {
  readonly format: 1;
  readonly archiveName: string;
  readonly run: string;
  readonly began: Instant;
  readonly ended: Instant;
  /** How long the invocations that read the logs worked, taken together. */
  readonly workMs: number;
}

/** `failed`: it did not come to its end, for the reason. */
export type VerificationReport = ReportHead &
  (VerifyReport | { readonly outcome: "failed"; readonly faultCount: 0; readonly reason: string });

/** `2026-11-28T173000.123Z.json`, so that the keys' order is that of time. */
export const reportKey = (began: Instant): string => `${REPORTS_PREFIX}${began.replaceAll(":", "")}.json`;

export async function keepReport(work: ArchiveStore, report: VerificationReport): Promise<string> {
  const key = reportKey(report.began);
  await keepJson(work, key, report);
  return key;
}

/** Why nobody can say today that the archive was verified; null: it was. */
export type VerificationProblem = { readonly message: string; readonly report: string | null } | null;

/** `everyDays`: how often it is verified; null: whenever somebody wants to. */
export async function lookAtReports(
  work: ArchiveStore,
  everyDays: number | null,
  nowMs: number,
): Promise<VerificationProblem> {
  let newest: string | null = null;
  for await (const { key } of work.list(REPORTS_PREFIX)) newest = key;
  if (newest === null) return { message: "no verification has ended yet", report: null };
  const report: VerificationReport = JSON.parse((await readKept(work, newest)).toString("utf8"));
  const message = problemOf(report) ?? (everyDays === null ? null : ageProblem(report, everyDays, nowMs));
  return message === null ? null : { message, report: newest };
}

export function problemOf(report: VerificationReport): string | null {
  if (report.outcome === "failed") return `the newest verification did not come to its end: ${report.reason}`;
  if (report.faultCount > 0) return `the newest verification found faults: ${report.faultCount}`;
  return report.outcome === "unread" ? "the newest verification could not read everything" : null;
}

function ageProblem({ began }: VerificationReport, everyDays: number, nowMs: number): string | null {
  const ageDays = (nowMs - instantToMs(began)) / DAY_MS;
  return ageDays < everyDays + VERIFY_PATIENCE_DAYS
    ? null
    : `the newest verification began ${Math.floor(ageDays)} days ago`;
}
