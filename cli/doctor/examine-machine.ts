/** Everything that can be looked at from a desk without AWS's own tools: this machine, its folders, the source, a store. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, lstat, mkdir, opendir, rm, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { EVENTS_PREFIX } from "../../lambda/segment/key.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { fileError, fileErrorCode } from "../../lambda/stores/file-errors.ts";
import { proveConditional } from "../../lambda/stores/proven-archive.ts";
import type { BucketPlace } from "../aws.ts";
import type { Session } from "../command.ts";
import { readS3 } from "../open.ts";
import { readProxy } from "../proxy.ts";
import { createTokenProvider } from "../token.ts";
import { askSource, hostOf } from "./ask-source.ts";
import { clockCheck } from "./clock.ts";
import { type DoctorFinding, type Fact, type Failure, factOf, failureOf, known, unknown } from "./finding.ts";
import { type Configuration, configurationCheck, nodeCheck, proxyCheck } from "./machine.ts";
import { bucketCheck, creationCheck, diskCheck, type Folder, folderCheck, tokenPlaceCheck } from "./places.ts";
import { sourceCheck, tokenCheck } from "./token.ts";

export interface MachineOptions {
  readonly archive?: string;
  readonly checkpoint?: string;
  readonly workspace?: readonly string[];
  readonly source: string;
  readonly tokenFile?: string;
}

export async function* examineMachine(
  options: MachineOptions,
  configuration: Configuration,
  session: Session,
): AsyncGenerator<DoctorFinding> {
  const { signal } = session;
  yield nodeCheck(known(process.versions.node));
  yield configurationCheck(known(configuration));
  const proxyFailure = await failureOf(() => readProxy(session.environment), signal);
  const proxy = proxyFailure === null ? readProxy(session.environment) : null;
  yield proxyCheck(known({ host: hostOf(proxy?.HTTPS_PROXY ?? proxy?.HTTP_PROXY), failure: proxyFailure }));
  yield* examinePlaces(options, session);
  yield* examineSource(options, session);
}

const NO_ARCHIVE: Fact<never> = unknown(
  "no archive is named",
  "Add --archive, or write a configuration file with init",
);

async function* examinePlaces(
  { archive, checkpoint }: MachineOptions,
  session: Session,
): AsyncGenerator<DoctorFinding> {
  if (archive === undefined) {
    yield folderCheck(NO_ARCHIVE, "archive folder");
    return;
  }
  const bucket = readS3(archive);
  if (bucket === null) yield* examineFolder(resolve(archive), session);
  else yield* examineBucket(bucket, session);
  const place = checkpoint ?? (bucket === null ? join(archive, "checkpoint") : undefined);
  if (place !== undefined && !place.startsWith("dynamodb://")) {
    yield folderCheck(known(await lookAt("checkpoint", resolve(place))));
  }
}

async function* examineFolder(path: string, { signal }: Session): AsyncGenerator<DoctorFinding> {
  const found = await lookAt("archive", path);
  const unlisted = await failureOf(() => listAny(createDirectoryArchive(path, "read")), signal);
  yield folderCheck(known({ ...found, failure: found.failure ?? unlisted }));
  const there = await firstThatExists(path);
  yield diskCheck(await factOf(() => freeSpace(there), signal));
  const failure = await failureOf(() => createTwice(there), signal);
  yield creationCheck(known({ place: `the disk of ${path}`, failure }));
}

/** The owner is not asked for: what this user may not read or write is found by trying. */
async function lookAt(what: string, path: string): Promise<Folder> {
  try {
    const found = await stat(path).catch(async (error: unknown) => {
      // A link that leads nowhere is in the way of the folder that is to be made.
      const isFree = fileErrorCode(error) === "ENOENT" && (await lstat(path).catch(() => null)) === null;
      if (isFree) return null;
      throw error;
    });
    const there = found === null ? await firstThatExists(path) : path;
    await (await opendir(there)).close();
    await access(there, constants.W_OK | constants.X_OK);
    const mode = found !== null && process.getuid !== undefined ? found.mode : null;
    return { what, path, isThere: found !== null, mode, failure: null };
  } catch (error) {
    return { what, path, isThere: true, mode: null, failure: fileError(error, path) };
  }
}

/** The folder, or the nearest one above it that is there. */
async function firstThatExists(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => null);
    if (found !== null || at === dirname(at)) return at;
  }
}

async function freeSpace(path: string) {
  const { bavail, bsize } = await statfs(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  return { path, freeBytes: bavail * bsize };
}

/** In a folder of its own, which is hidden, so that nobody takes it for a part of an archive, and goes away again. */
async function createTwice(folder: string): Promise<void> {
  const own = join(folder, `.doctor-${randomUUID()}`);
  try {
    await mkdir(own, { mode: 0o700 });
    await proveConditional(createDirectoryArchive(own));
  } catch (error) {
    throw fileError(error, own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Throws ArchiverError where there is no archive and cannot be one. */
async function listAny(archive: ArchiveStore): Promise<void> {
  for await (const _ of archive.list(EVENTS_PREFIX)) return;
}

async function* examineBucket(place: BucketPlace, session: Session): AsyncGenerator<DoctorFinding> {
  const { openUnprovenS3 } = await import("../aws.ts");
  const { archive, isElsewhere } = await openUnprovenS3(place, session.environment);
  const name = `s3://${place.bucket}`;
  const failure = await failureOf(() => listAny(archive), session.signal);
  yield bucketCheck(known({ place: name, failure }));
  if (!isElsewhere) return; // Amazon's has conditional writes, and the bucket's policy asks for them
  const refused = await failureOf(() => proveConditional(archive), session.signal);
  yield creationCheck(known({ place: name, failure: refused }));
}

async function* examineSource(options: MachineOptions, session: Session): AsyncGenerator<DoctorFinding> {
  const { workspace: workspaces = [], source, tokenFile } = options;
  const { signal } = session;
  const { token, failure } = await takeToken(tokenFile, session);
  const from = tokenFile ?? "ASANA_TOKEN";
  const mode = tokenFile === undefined ? null : await stat(tokenFile).then(modeOf, () => null);
  yield tokenPlaceCheck(known({ from, mode, failure }));
  const first = workspaces[0];
  const asking = token === null || first === undefined ? null : { workspace: first, token };
  const asked = await factOf(() => askSource(source, asking, session), signal);
  yield sourceCheck(asked.isKnown ? known(asked.value.reached) : asked);
  const clocks = asked.isKnown ? asked.value.clocks : null;
  yield clockCheck(
    clocks === null ? unknown("the source sent no time", "See what is wrong with the source") : known(clocks),
  );
  if (first === undefined) {
    yield tokenCheck(
      unknown("no workspace is named", "Add --workspace, or write a configuration file with init"),
      "token",
    );
  }
  for (const workspace of workspaces) {
    if (failure !== null) yield tokenCheck(known({ kind: "none", workspace, failure }));
    else if (token !== null) {
      const again =
        workspace === first ? asked : await factOf(() => askSource(source, { workspace, token }, session), signal);
      const use = again.isKnown ? again.value.use : null;
      yield tokenCheck(use === null ? NOT_REACHED : known(use), `token of ${workspace}`);
    }
  }
}

const NOT_REACHED: Fact<never> = unknown("the source was not reached", "See what is wrong with the source");

const modeOf = (found: { isFile(): boolean; readonly mode: number }): number | null =>
  found.isFile() && process.getuid !== undefined ? found.mode : null;

async function takeToken(
  file: string | undefined,
  { environment, signal }: Session,
): Promise<{ readonly token: string | null; readonly failure: Failure | null }> {
  let token: string | null = null;
  const failure = await failureOf(async () => {
    // What it would warn of is a finding here.
    token = await createTokenProvider(file, environment, () => undefined).current();
  }, signal);
  return { token, failure };
}
