/** The composition root of the function: settings in, working parts out. The only file that imports them all. */
import { type Config, readConfig } from "./config.ts";
import type { RunDeps } from "./drain/run.ts";
import { ArchiverError } from "./errors.ts";
import type { Logger } from "./ports.ts";
import { createStreamingCodec } from "./segment/codec.ts";
import type { RunSettings } from "./settings.ts";
import { keepHeapSmall } from "./small-heap.ts";
import { createAsanaSource, defaultSourceSettings, type TokenProvider } from "./source/asana-source.ts";
import { createHttpsTransport } from "./source/https-transport.ts";
import { createDynamoDbClient, createS3Client } from "./stores/aws-clients.ts";
import { createDynamoDbCheckpoint } from "./stores/dynamodb-checkpoint.ts";
import { createS3Archive } from "./stores/s3-archive.ts";
import { systemClock } from "./system-clock.ts";
import { createTokenOpener } from "./tokens/open-tokens.ts";
import { writer } from "./writer.ts";

/** Opens a run of one workspace: its ports and its settings. */
export type OpenRun = (
  workspace: string,
  runId: string,
  log: Logger,
) => { readonly deps: RunDeps; readonly settings: RunSettings };

/**
 * Made once and kept while the function stays warm, so that connections and tokens are used again. Throws ArchiverError
 * `misconfigured`.
 */
export function createDependencies(environment: Readonly<Record<string, string | undefined>>): OpenRun {
  keepHeapSmall();
  const config = readConfig(environment);
  const archive = createS3Archive({ bucket: config.bucket, expectedOwner: config.bucketOwner }, createS3Client());
  const checkpoints = createDynamoDbCheckpoint({ table: config.table }, createDynamoDbClient());
  const transport = createHttpsTransport();
  const codec = createStreamingCodec();
  const tokensOf = createTokens(config);
  return (workspace, runId, log) => {
    const tokens = tokensOf(workspace);
    // A source of its own for each run: what was refused once may be taken again.
    const source = createAsanaSource(
      { transport, tokens, clock: systemClock, random: Math.random, log },
      {
        ...defaultSourceSettings,
        baseUrl: config.sourceBaseUrl,
        userAgent: `asana-audit-archive/${writer}`,
      },
    );
    const deps = { source, archive, checkpoints, clock: systemClock, codec, log, writer, runId };
    return { deps, settings: config.settings };
  };
}

function createTokens({ tokenSecrets }: Config): (workspace: string) => TokenProvider {
  const open = createTokenOpener(systemClock);
  const byWorkspace = new Map<string, TokenProvider>();
  return (workspace) => {
    const arn = tokenSecrets[workspace];
    if (arn === undefined) throw notOurs(workspace);
    const tokens = byWorkspace.get(workspace) ?? open(arn);
    byWorkspace.set(workspace, tokens);
    return tokens;
  };
}

const notOurs = (workspace: string): ArchiverError =>
  new ArchiverError("misconfigured", `Workspace ${workspace} is not one that this function archives.`, {
    advice: "Add it to the setting workspaces and deploy, or fix the schedule's input.",
  });
