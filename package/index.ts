/**
 * The core, for programs that embed it: what reads the source, writes an archive exactly once, and checks it.
 *
 *     import { createAsanaSource, createDirectoryArchive, createFileCheckpoint, createHttpsTransport, createStreamingCodec,
 *       defaultSourceSettings, drain, systemClock, version } from "asana-audit-archive";
 *
 *     const log = (level, message, fields) => console.error(level, message, fields ?? "");
 *     const tokens = { current: async () => process.env.ASANA_TOKEN, renew: async () => null };
 *     const source = createAsanaSource(
 *       { transport: createHttpsTransport(), tokens, clock: systemClock, random: Math.random, log },
 *       defaultSourceSettings,
 *     );
 *     const report = await drain(
 *       {
 *         source,
 *         archive: createDirectoryArchive("/srv/archive"),
 *         checkpoints: createFileCheckpoint("/srv/archive/checkpoint"),
 *         codec: createStreamingCodec(),
 *         clock: systemClock,
 *         log,
 *         writer: version,
 *         runId: crypto.randomUUID(),
 *       },
 *       { workspace: "1201234567890123" },
 *       AbortSignal.timeout(600_000),
 *     );
 *
 * Every effect goes through a port (`EventSource`, `ArchiveStore`, `CheckpointStore`, `Clock`, `Logger`): bring your own, and run
 * the contract suites of `asana-audit-archive/testing` on your stores. The stores on AWS are in `asana-audit-archive/aws`.
 * Functions throw `ArchiverError`, whose `kind` says what somebody has to do and whose `advice` says it in a sentence.
 */
import "./check-node.ts";

export { version } from "../cli/version.ts";
export type { DayRange } from "../lambda/archive/day-range.ts";
export { mayBeExpired } from "../lambda/archive/invariants.ts";
export type { ArchiveRange } from "../lambda/archive/inventory.ts";
export type { LogStatus } from "../lambda/archive/log-status.ts";
export type { SpanStatus } from "../lambda/archive/span-status.ts";
export {
  type StatusDeps,
  type StatusOptions,
  type StatusReport,
  status,
  type WorkspaceStatus,
} from "../lambda/archive/status.ts";
export type { Stray } from "../lambda/archive/strays.ts";
export {
  type LogReaders,
  type VerifyDeps,
  type VerifyOptions,
  type VerifyOutcome,
  type VerifyProgress,
  type VerifyReport,
  verify,
} from "../lambda/archive/verify.ts";
export type { UnreadObject } from "../lambda/archive/verify-log.ts";
export type { WorkspaceTotals } from "../lambda/archive/verify-workspace.ts";
export { INVARIANTS, type Invariant, type Violation } from "../lambda/archive/violation.ts";
export { drain } from "../lambda/drain/drain.ts";
export { defaultLimits, type Limits } from "../lambda/drain/limits.ts";
export type { RunReport } from "../lambda/drain/report.ts";
export { type RescanOptions, type RescanWhat, rescan } from "../lambda/drain/rescan.ts";
export type { DrainOptions, RunDeps } from "../lambda/drain/run.ts";
export { ArchiverError, type ErrorKind } from "../lambda/errors.ts";
export { createEvent, type SourceEvent } from "../lambda/event/event.ts";
export { type Instant, instantToMs, msToInstant, ODD_DAY, parseInstant } from "../lambda/event/instant.ts";
export type {
  ArchiveStore,
  ByteRange,
  Checkpoint,
  CheckpointState,
  CheckpointStore,
  Clock,
  CreateOutcome,
  EventSource,
  LogEnd,
  Logger,
  LostSpan,
  MoveOutcome,
  ObjectVersion,
  OffsetRefused,
  Page,
  PageAnswer,
  PageRequest,
  PageTooLarge,
  SavedOffset,
  Schedule,
  Span,
  SpanPurpose,
  StoredObject,
  Survey,
  Tail,
} from "../lambda/ports.ts";
export type { SealPin, Untold } from "../lambda/seal/chain.ts";
export { parseVerifierKey, printVerifierKey, type VerifierKey } from "../lambda/seal/note.ts";
export { type SealDeps, type SealedDay, type SealReport, sealWorkspace } from "../lambda/seal/sealer.ts";
export type { Signer } from "../lambda/seal/signer.ts";
export type { SealTotals, SealTrust } from "../lambda/seal/verify-seals.ts";
export { type Codec, createStreamingCodec, type Deflater } from "../lambda/segment/codec.ts";
export { SegmentError } from "../lambda/segment/error.ts";
export { parseSegmentKey, type SegmentPlace, segmentKey } from "../lambda/segment/key.ts";
export { segmentLines } from "../lambda/segment/reader.ts";
export { defaultRunSettings, type RunSettings } from "../lambda/settings.ts";
export { createLocalKey, openLocalKey } from "../lambda/signers/local-key.ts";
export {
  createAsanaSource,
  defaultSourceSettings,
  type SourceDeps,
  type SourceSettings,
} from "../lambda/source/asana-source.ts";
export {
  createHttpsTransport,
  defaultTransportSettings,
  type TransportSettings,
} from "../lambda/source/https-transport.ts";
export type { TokenProvider } from "../lambda/source/token.ts";
export { type HttpRequest, type HttpResponse, type Transport, TransportError } from "../lambda/source/transport.ts";
export { parseState, stateToJson, watermarkFalls } from "../lambda/stores/checkpoint-format.ts";
export { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
export { createFileCheckpoint } from "../lambda/stores/file-checkpoint.ts";
export { checkKey, checkPrefix, checkRange, compareKeys } from "../lambda/stores/key-rules.ts";
export { systemClock } from "../lambda/system-clock.ts";
