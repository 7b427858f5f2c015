/** The part of docs/permissions.md. */
import { CALLS, PRINCIPALS } from "./calls.ts";

export function describeCalls(): string {
  const rows = CALLS.map(([action, about, way, allowed]) => {
    const marks = PRINCIPALS.map((principal) => (allowed.includes(principal) ? "yes" : ""));
    return `| \`${action}\` | ${way === "" ? about : `${about}, ${way}`} | ${marks.join(" | ")} |`;
  });
  return [`| call | on | ${PRINCIPALS.join(" | ")} |`, `|${" --- |".repeat(PRINCIPALS.length + 2)}`, ...rows].join(
    "\n",
  );
}
