/** Whether the functions of a stack run the code of this program's own version. */
import { defineCheck, notOk, ok } from "./finding.ts";
import { READ } from "./readings.ts";

export interface FunctionCode {
  readonly name: string;
  /** This program's. */
  readonly version: string;
  /** SHA-256 of the zip file that runs there, and of that which this version has; in hex. */
  readonly deployed: string;
  readonly ours: string;
}

export const codeCheck = defineCheck<FunctionCode>(
  ({ name }) => `code of the ${name}`,
  READ.upgrading,
  ({ version, deployed, ours }) =>
    deployed === ours
      ? ok(`that of version ${version}, ${ours}`)
      : notOk(
          `${deployed}, which is not the code of version ${version}`,
          "Deploy this version, or run doctor in the version that was deployed; if that says the same, somebody else changed the code",
        ),
);
