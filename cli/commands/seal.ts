import { findEveryWorkspace } from "../../lambda/archive/inventory.ts";
import { judgeSeals } from "../../lambda/seal/chain.ts";
import { isSignedBy, verifierKey } from "../../lambda/seal/note.ts";
import { readSeals } from "../../lambda/seal/read-seals.ts";
import {
  changeSealingKey,
  type SealDeps,
  type SealedDay,
  type SealReport,
  sealWorkspace,
} from "../../lambda/seal/sealer.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import type { KeyChangeReason } from "../../lambda/seal/text.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { collect } from "../arguments.ts";
import { defineCommand, needs, type Session } from "../command.ts";
import { EXIT, type ExitCode, exitCodeOf, highest, type Interrupted, misused, toArchiverError } from "../exit.ts";
import { openForSealing } from "../open.ts";
import {
  readRunSettings,
  type WorkspaceOptions,
  withArchiveAlone,
  withRunSettings,
  withSomeWorkspaces,
} from "../options.ts";
import type { Output } from "../output.ts";
import { readKey } from "../seal/public-key.ts";
import { openSealingKey } from "../seal/sealing-key.ts";
import { openStamping } from "../seal/stamping.ts";
import { plural } from "../terminal.ts";
import { version } from "../version.ts";

interface SealOptions extends Partial<WorkspaceOptions> {
  readonly archive: string;
  readonly key: string;
  readonly rotateTo?: string;
  readonly keyLost?: string;
  readonly timestampUrl?: readonly string[];
}

const MORE_HELP = `
Seals every settled day that was looked at to its end, and again what came late;
exit code 0 also when nothing is due. Sealing may run beside a drain.

When the key changes, one seal in each workspace says so:
  seal --archive <a> --key <old> --rotate-to <new>         both keys sign
  seal --archive <a> --key <new> --key-lost <old>.pub      the old one is lost`;

export const sealCommand = defineCommand<SealOptions>(
  (command) =>
    withRunSettings(
      withSomeWorkspaces(
        needs(withArchiveAlone(command), "--key <file>", "private key that keygen made, with its .pub beside it"),
      )
        .option("--rotate-to <file>", "private key that signs from now on; --key hands over to it")
        .option(
          "--timestamp-url <url>",
          "have this authority (RFC 3161) stamp the newest seal once a week; repeatable, in the same order each time",
          collect,
        )
        .option("--key-lost <vkey|file>", "public key, or its file, of a key that is lost; --key takes over from it"),
      ["settledAfterHours", "expireAfterDays"],
    ).addHelpText("after", MORE_HELP),
  async (options, session) => {
    const signer = await openSealingKey(options.key);
    const change = await readChange(options, signer);
    const archive = await openForSealing(options.archive, session.log);
    const deps: SealDeps = {
      archive,
      codec: createStreamingCodec(),
      signer: change?.from ?? signer,
      clock: session.clock,
      log: session.log,
      writer: version,
      archiveName: signer.keyName,
      settings: { ...defaultRunSettings, ...readRunSettings(options) },
      alwaysLooksBack: true,
    };
    const stamp = openStamping(options.timestampUrl ?? [], archive, session);
    const workspaces = options.workspace ?? (await findEveryWorkspace(archive));
    if (workspaces.length === 0) session.output.note("The archive holds no workspace yet: there is nothing to seal.");
    const codes: ExitCode[] = [];
    for (const workspace of workspaces) {
      const act =
        change === null ? sealOne(deps, stamp, workspace, session) : changeOne(deps, workspace, change, session);
      codes.push(await act.catch((error: unknown) => failed(error, workspace, session)));
    }
    return highest(codes);
  },
);

/** One workspace's trouble does not keep back the others; an interruption does. */
function failed(error: unknown, workspace: string, { output, progress, signal }: Session): ExitCode {
  if (signal.aborted) throw signal.reason;
  progress.clear();
  const known = toArchiverError(error);
  output.fail(known, workspace);
  return exitCodeOf(known.kind);
}

/** That no authority gave a stamp fails nothing: the log says why, and the next run asks again. */
async function sealOne(
  deps: SealDeps,
  stamp: ReturnType<typeof openStamping>,
  workspace: string,
  session: Session,
): Promise<ExitCode> {
  const { output, progress, signal } = session;
  const sealed: SealedDay[] = [];
  const doubledDays: string[] = [];
  progress.wait(`Sealing ${workspace}`);
  try {
    for (;;) {
      const report = await sealWorkspace(deps, workspace, signal);
      sealed.push(...report.sealed);
      doubledDays.push(...report.doubledDays);
      // A run that stops after seals of its own only says why; the next one throws that, or gets past it.
      if (report.halted !== null) continue;
      progress.clear();
      sayReport({ ...report, sealed, doubledDays }, output);
      if (report.newest !== null && !signal.aborted) {
        for (const key of (await stamp(workspace, report.newest)).stored) output.note(`  stamped: ${key}`);
      }
      return signal.aborted ? (signal.reason as Interrupted).exitCode : EXIT.done;
    }
  } catch (error) {
    progress.clear();
    if (sealed.length > 0) output.say(`${workspace}: ${describeSealed(sealed)}, and no further:`);
    throw error;
  }
}

function sayReport({ workspace, sealed, newest, dueDays, doubledDays }: SealReport, output: Output): void {
  output.record({ workspace, sealed, newest, dueDays, doubledDays });
  output.say(`${workspace}: ${sealed.length === 0 ? "nothing is due" : describeSealed(sealed)}`);
  if (newest !== null) output.say(`  newest ${newest.number}:${newest.sha256}`);
  if (doubledDays.length > 0)
    output.note(`  some events of ${doubledDays.join(", ")} are in two lines: verify names them`);
  if (dueDays > 0) {
    const days = plural(dueDays, "settled day");
    output.note(`  ${days} not sealed yet: the next one was not looked at to its end. coverage shows`);
    output.note("  which; rescan --settled looks at what is due, and rescan --day at a day of your choice.");
    output.note("  A week after it has settled, a day is sealed with its gap.");
  }
}

function describeSealed(sealed: readonly SealedDay[]): string {
  const days = sealed.map(({ day }) => day).sort();
  const [first, last] = [days[0]!, days.at(-1)!];
  return `${plural(sealed.length, "day")} sealed (${first === last ? first : `${first} to ${last}`})`;
}

/** Another key signs from now on. `from`: the key in force, which cannot sign any more where it is lost. */
interface KeyChange {
  readonly from: Signer;
  readonly to: Signer;
  readonly reason: KeyChangeReason;
}

async function readChange({ rotateTo, keyLost }: SealOptions, signer: Signer): Promise<KeyChange | null> {
  if (rotateTo !== undefined && keyLost !== undefined)
    throw misused(
      "--rotate-to and --key-lost are two ways to change the key.",
      "Give --rotate-to if the old key can still sign, and else --key-lost.",
    );
  if (rotateTo !== undefined) return { from: signer, to: await openSealingKey(rotateTo), reason: "rotation" };
  if (keyLost === undefined) return null;
  const { keyName, publicKey } = await readKey(keyLost, "--key-lost");
  const sign = () => Promise.reject(misused("A key that is lost cannot sign.", "Seal with the new key."));
  return { from: { keyName, publicKey, sign }, to: signer, reason: "loss" };
}

/** What an earlier try has done is not done again. */
async function changeOne(deps: SealDeps, workspace: string, change: KeyChange, session: Session): Promise<ExitCode> {
  const { output, signal } = session;
  const { seals } = await readSeals(deps.archive, workspace, signal);
  const { keyId, ...next } = verifierKey(change.to.keyName, change.to.publicKey);
  const inForce = judgeSeals(workspace, seals, { keys: [] }).keys.at(-1);
  if (inForce === undefined) {
    output.record({ workspace, changed: null });
    output.say(`${workspace}: has no seal yet, so the key ${keyId} signs from the first one on`);
    return EXIT.done;
  }
  if (isSignedBy(inForce, { keyId, ...next })) {
    output.record({ workspace, changed: null });
    output.say(`${workspace}: the key ${keyId} signs already`);
    return EXIT.done;
  }
  const { number, sha256 } = await changeSealingKey(deps, workspace, change.to, change.reason, signal);
  output.record({ workspace, changed: { number, sha256, keyId, reason: change.reason } });
  output.say(`${workspace}: from seal ${number + (change.reason === "loss" ? 0 : 1)} on the key ${keyId} signs`);
  output.say(`  newest ${number}:${sha256}`);
  return EXIT.done;
}
