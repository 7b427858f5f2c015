import type { Command } from "commander";
import { collectGid } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { configure } from "../configuration.ts";
import type { MachineOptions } from "../doctor/examine-machine.ts";
import { type DoctorFinding, failureOf } from "../doctor/finding.ts";
import type { Configuration } from "../doctor/machine.ts";
import { findingLines, summarise } from "../doctor/print.ts";
import { EXIT, misused } from "../exit.ts";
import { withToken } from "../source.ts";

type DoctorOptions = MachineOptions & { readonly stack?: string };

export const doctorCommand = defineCommand<DoctorOptions>(
  (command) =>
    withToken(
      command
        .option("--stack <name>", "look at this stack, with AWS credentials, instead of at this machine")
        .option("--archive <place>", "a directory, or s3://bucket[/prefix]")
        .option(
          "--checkpoint <place>",
          "a folder, or dynamodb://table (default: checkpoint in the archive's directory)",
        )
        .option("--workspace <gid>", "try the token with this workspace; may be repeated", collectGid),
    ).addHelpText(
      "after",
      "\nExit code 0: all is ok. 1: something is not. 2: something could not be looked\n" +
        "at, and nothing is known to be wrong. Nothing is changed but for one hidden\n" +
        "folder in the archive's, which is removed again, and in a store that speaks S3\n" +
        "and is not Amazon's, conditional-create-probe.txt, which stays.",
    ),
  async (options, session, _, command) => {
    const findings: DoctorFinding[] = [];
    for await (const finding of examine(options, session, command)) {
      session.signal.throwIfAborted();
      findings.push(finding);
      session.output.record(finding);
      session.output.say(findingLines(finding), ...(finding.verdict === "not ok" ? (["red"] as const) : []));
    }
    const summary = summarise(findings);
    const { ok, notOk, cannotTell } = summary;
    session.output.summary(summary, `${ok} ok, ${notOk} not ok, ${cannotTell} that nobody can tell from here`);
    if (notOk > 0) return EXIT.checkFailed;
    return cannotTell > 0 ? EXIT.cannotTell : EXIT.done;
  },
  { configuresItself: true },
);

async function* examine(options: DoctorOptions, session: Session, command: Command): AsyncGenerator<DoctorFinding> {
  if (options.stack !== undefined) {
    if (options.archive !== undefined)
      throw misused("--stack and --archive exclude each other.", "Give only one of them.");
    const { examineStack } = await import("../doctor/examine-stack.ts");
    yield* examineStack(options.stack, session);
    return;
  }
  const configuration = await configureAndTell(command, session);
  const { examineMachine } = await import("../doctor/examine-machine.ts");
  yield* examineMachine(command.opts<DoctorOptions>(), configuration, session);
}

/** A configuration that cannot be used is a finding here, where other commands end. */
async function configureAndTell(command: Command, { environment, signal }: Session): Promise<Configuration> {
  let file: string | null = null;
  const ignored: string[] = [];
  const failure = await failureOf(() => {
    file = configure(command, { environment, log: (_, message) => ignored.push(message) });
  }, signal);
  return { file, ignored, failure };
}
