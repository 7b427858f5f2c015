/** Findings as lines for people, at the width of a page. */
import { widthOf } from "../terminal.ts";
import type { DoctorFinding, DoctorVerdict } from "./finding.ts";

const VERDICTS: readonly DoctorVerdict[] = ["ok", "not ok", "cannot tell"];
const WIDTH = 80;
/** The longest verdict, and two spaces. */
const INDENT = 13;

/** What was found beside the verdict, and the cure below it. */
export const findingLines = ({ check, verdict, found, cure }: DoctorFinding): string =>
  [
    ...wrap(`${check}: ${found}`).map((line, index) => (index === 0 ? verdict : "").padEnd(INDENT) + line),
    ...(cure === null ? [] : wrap(cure).map((line) => " ".repeat(INDENT) + line)),
  ].join("\n");

/** A word that is longer than a line, such as an ARN, stays whole, to be copied. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || widthOf(`${line} ${word}`) > WIDTH - INDENT) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

export interface Summary {
  readonly ok: number;
  readonly notOk: number;
  readonly cannotTell: number;
}

export function summarise(findings: readonly DoctorFinding[]): Summary {
  const [ok = 0, notOk = 0, cannotTell = 0] = VERDICTS.map(
    (of) => findings.filter(({ verdict }) => verdict === of).length,
  );
  return { ok, notOk, cannotTell };
}
