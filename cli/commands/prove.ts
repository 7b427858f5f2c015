import { dirname } from "node:path";
import { findEveryWorkspace, takeInventory } from "../../lambda/archive/inventory.ts";
import { shiftDay } from "../../lambda/event/instant.ts";
import { printProof } from "../../lambda/seal/proof-file.ts";
import { locateEvent, type PlacedEvent, type ProveDeps, proveEvent } from "../../lambda/seal/prove-event.ts";
import { readSeals } from "../../lambda/seal/read-seals.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { syncFolder, writeNewFile } from "../../lambda/stores/durable-file.ts";
import { fileError } from "../../lambda/stores/file-errors.ts";
import { readDay } from "../arguments.ts";
import { defineCommand, needs, type Session } from "../command.ts";
import { EXIT, type ExitCode, misused } from "../exit.ts";
import { checkIsNew } from "../export/file.ts";
import { openForReading } from "../open.ts";
import { daysFrom, type WorkspaceOptions, withArchiveAlone, withSomeWorkspaces } from "../options.ts";
import { formatCount, plural } from "../terminal.ts";

interface ProveOptions extends Partial<WorkspaceOptions> {
  readonly archive: string;
  readonly out: string;
  readonly day?: string;
}

const MORE_HELP = `
The file holds the event, the seal of its day and what connects the two, and no
other event. verify-proof checks it, as does any software for C2SP tlog-proof.
Without --day every day is read until the event is found.`;

export const proveCommand = defineCommand<ProveOptions>(
  (command) =>
    withSomeWorkspaces(
      needs(
        withArchiveAlone(command).argument("[gid]", "gid of the event; sha256:... of its line if it has none"),
        "--out <file>",
        "the proof, a new file",
      ),
    )
      .option("--day <date>", "UTC day of the event", readDay)
      .addHelpText("after", MORE_HELP),
  async (options, session, gid = "") => {
    if (gid === "") throw misused("No event is named.", "Give its gid, which search and query show.");
    await checkIsNew(options.out);
    const { archive } = await openForReading(options);
    const deps: ProveDeps = { archive, codec: createStreamingCodec(), signal: session.signal };
    const event = await findOne(deps, gid, options, session);
    const { seals } = await readSeals(archive, event.workspace, session.signal);
    const outcome = await proveEvent(deps, event, seals);
    session.progress.clear();
    const where = `${event.day} of workspace ${event.workspace}`;
    if (outcome.kind === "unsealed") throw unsealed(where, outcome.unreadSeals);
    const { workspace, day } = event;
    const { number } = outcome.seal;
    if (outcome.kind === "differs")
      return sayDifference({ gid, workspace, day, seal: number, why: outcome.why }, session);
    await writeProof(options.out, printProof(outcome.proof));
    const { size } = outcome.seal;
    session.output.record({ gid, workspace, day, seal: number, index: event.index, size, file: options.out });
    session.output.say(`${options.out} proves that event ${gid} is one of the ${formatCount(size)} of ${where}`);
    session.output.say(`that seal ${number} counts, and shows no other. It is checked with:`);
    session.output.say(`  verify-proof ${options.out} --key <public key>`);
    return EXIT.done;
  },
);

/** A gid is one event's in a workspace; in several workspaces, nothing says which is meant. */
async function findOne(deps: ProveDeps, gid: string, options: ProveOptions, session: Session): Promise<PlacedEvent> {
  const { archive, signal } = deps;
  const range = options.day === undefined ? {} : daysFrom(options.day, shiftDay(options.day, 1));
  const found: PlacedEvent[] = [];
  for (const workspace of options.workspace ?? (await findEveryWorkspace(archive))) {
    const { logs } = await takeInventory(archive, { workspace, ...range }, signal);
    let read = 0;
    const event = await locateEvent(deps, logs, gid, () => {
      read += 1;
      session.progress.show(read / logs.length, `looking for ${gid} in ${plural(logs.length, "day")}`);
    });
    if (event !== null) found.push(event);
  }
  const [event, ...more] = found;
  if (event === undefined) {
    const where = options.day === undefined ? "" : ` on ${options.day}`;
    throw misused(`The archive holds no event ${gid}${where}.`, "Check the gid; search finds events by what they say.");
  }
  if (more.length > 0)
    throw misused(
      `Several workspaces have an event ${gid}: ${found.map(({ workspace }) => workspace).join(", ")}.`,
      "Name one with --workspace.",
    );
  return event;
}

function unsealed(where: string, unreadSeals: number) {
  return unreadSeals === 0
    ? misused(
        `The event is of ${where}, and no seal counts it yet.`,
        "Seal first: a day can be sealed once it is settled.",
      )
    : misused(
        `The event is of ${where}, and no seal that can be read counts it; ${plural(unreadSeals, "seal")} cannot be read.`,
        "Run verify to see what is wrong with the seals.",
      );
}

interface Difference {
  readonly gid: string;
  readonly workspace: string;
  readonly day: string;
  readonly seal: number;
  readonly why: string;
}

function sayDifference(difference: Difference, { output }: Session): ExitCode {
  const { gid, workspace, day, seal, why } = difference;
  output.record({ ...difference, file: null });
  output.say(`Not proven: the log of ${day} of workspace ${workspace} is not what seal ${seal} signed: ${why}.`, "red");
  output.say(`Event ${gid} is in it, but no proof would hold, so none was written. Run verify.`);
  return EXIT.checkFailed;
}

async function writeProof(path: string, bytes: Buffer): Promise<void> {
  try {
    await writeNewFile(path, bytes);
    await syncFolder(dirname(path));
  } catch (error) {
    throw fileError(error, path);
  }
}
