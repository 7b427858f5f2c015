import { hash } from "node:crypto";
import { plainText } from "../event/plain-text.ts";
import type { Run } from "./run.ts";

/** One gid with two contents: the first archived stays, the other is counted and its hash kept in the log. */
export function reportConflict(
  run: Run,
  other: { readonly id: string; readonly day: string; readonly line: Buffer },
): void {
  run.report.conflicts += 1;
  run.deps.log("error", "one gid with two contents; the first stays", {
    workspace: run.workspace,
    day: other.day,
    gid: plainText(other.id),
    sha256: hash("sha256", other.line, "hex"),
  });
}
