/** Everything that can be looked at of a deployed stack: what is asked, in which order, and what of it is judged by what. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FunctionName } from "../../infra/bundle/function-name.ts";
import { handlerZip } from "../../infra/bundle/handler-zip.ts";
import { describeSpans } from "../../lambda/archive/span-status.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { msToInstant } from "../../lambda/event/instant.ts";
import { isCheckout } from "../../package/checkout.ts";
import type { Session } from "../command.ts";
import { version } from "../version.ts";
import { concurrencyCheck, identityCheck, regionCheck, stackCheck } from "./account.ts";
import { askSource } from "./ask-source.ts";
import { clockCheck } from "./clock.ts";
import { codeCheck } from "./code.ts";
import { type DeployedArchive, readArchive } from "./deployed-archive.ts";
import { type DoctorFinding, type Fact, factOf, failureOf, known, unknown } from "./finding.ts";
import { keyCheck, lockCheck, policyCheck } from "./protection.ts";
import {
  drainedAgoMs,
  isDrainFresh,
  lastDrainCheck,
  lastRescanCheck,
  lastSealCheck,
  type RunsState,
  schedulesCheck,
} from "./runs.ts";
import { askAws, type Caller, type FoundStack, type StackFacts } from "./stack-facts.ts";
import { type TokenUse, tokenCheck } from "./token.ts";
import { sealSubscriptionCheck, subscriptionCheck, trailCheck } from "./watch.ts";

/** Ends early where what follows would say the same again: without a region, credentials or a stack there is no more to see. */
export async function* examineStack(name: string, session: Session): AsyncGenerator<DoctorFinding> {
  const { signal } = session;
  const aws = await askAws(name, session.environment);
  yield regionCheck(known(aws.region));
  if (aws.region === null) return;
  let caller: Caller | null = null;
  const failure = await failureOf(async () => {
    caller = await aws.caller();
  }, signal);
  const { arn, account, clocks } = (caller as Caller | null) ?? { arn: "", account: "", clocks: null };
  yield identityCheck(known({ arn, failure }));
  if (failure !== null) return;
  yield clockCheck(clocks === null ? unknown("AWS sent no time", "Run doctor again") : known(clocks));
  const stack = await factOf(() => aws.state(), signal);
  const { region } = aws;
  yield stackCheck(
    mapFact(stack, (one) => ({ name, region, status: one?.status ?? null })),
    "stack",
  );
  if (!stack.isKnown || stack.value === null) return;
  const found = stack.value;
  const archive = await factOf(async () => readArchive(await aws.template(found, account)), signal);
  yield* examineProtection(aws, archive, signal);
  yield* examineCode(aws, archive, signal);
  yield* examineRuns(aws, archive, session);
  yield* examineWatch(aws, found, signal);
}

async function* examineProtection(
  aws: StackFacts,
  archive: Fact<DeployedArchive>,
  signal: AbortSignal,
): AsyncGenerator<DoctorFinding> {
  if (!archive.isKnown) {
    yield lockCheck(archive);
    yield keyCheck(archive, "keys");
    yield policyCheck(archive, "policies");
    return;
  }
  const { bucket, lock, keys, foreignKeys, bucketPolicies } = archive.value;
  yield lockCheck(await factOf(async () => ({ bucket, deployed: lock, found: await aws.lock(bucket) }), signal));
  for (const id of [...keys.map((key) => key.id), ...foreignKeys]) {
    yield keyCheck(await factOf(() => aws.key(id), signal), `key ${id}`);
  }
  for (const policy of bucketPolicies) {
    const of = `bucket ${policy.bucket}`;
    yield policyCheck(
      await comparison(of, () => aws.bucketPolicy(policy.bucket), policy.resolve, signal),
      `policy of ${of}`,
    );
  }
  for (const key of keys) {
    const of = `key ${key.id}`;
    yield policyCheck(await comparison(of, () => aws.keyPolicy(key.id), key.resolve, signal), `policy of ${of}`);
  }
}

const comparison = (of: string, ask: () => Promise<string | null>, resolve: () => unknown, signal: AbortSignal) =>
  factOf(async () => {
    const inForce = await ask();
    try {
      return { of, inForce, deployed: resolve() };
    } catch (error) {
      throw new ArchiverError("misconfigured", `${(error as Error).message}, so the policy was not compared`, {
        advice: "Compare it with the template yourself (aws cloudformation detect-stack-drift)",
        cause: error,
      });
    }
  }, signal);

/** Of the package alone: a checkout bundles what it deploys, and may have changed since. */
async function* examineCode(
  aws: StackFacts,
  archive: Fact<DeployedArchive>,
  signal: AbortSignal,
): AsyncGenerator<DoctorFinding> {
  if (isCheckout) return;
  if (!archive.isKnown) {
    yield codeCheck(archive, "code");
    return;
  }
  for (const [name, deployed] of archive.value.functions) {
    yield codeCheck(
      await factOf(
        async () => ({ name, version, deployed: await aws.codeHash(deployed), ours: ourHash(name) }),
        signal,
      ),
      `code of the ${name}`,
    );
  }
}

const ourHash = (name: FunctionName): string =>
  createHash("sha256")
    .update(readFileSync(handlerZip(name)))
    .digest("hex");

async function* examineRuns(
  aws: StackFacts,
  archive: Fact<DeployedArchive>,
  session: Session,
): AsyncGenerator<DoctorFinding> {
  const { signal, clock } = session;
  if (!archive.isKnown) {
    yield schedulesCheck(archive);
    yield lastDrainCheck(archive, "last drain");
    yield lastRescanCheck(archive, "last rescan");
    yield lastSealCheck(archive, "last seal");
    yield tokenCheck(archive, "token");
    yield concurrencyCheck(archive);
    return;
  }
  const { bucket, scheduleGroups, schedules, table, drainEveryMinutes: everyMinutes, tokenSecrets } = archive.value;
  yield schedulesCheck(
    await factOf(async () => {
      const groups = await Promise.all(scheduleGroups.map((group) => aws.schedules(group)));
      return { deployed: schedules, states: new Map(groups.flatMap((states) => [...states])) };
    }, signal),
  );
  for (const [workspace, secret] of Object.entries(tokenSecrets)) {
    const runs = await factOf(async (): Promise<RunsState> => {
      const checkpoint = await aws.checkpoint(table, workspace);
      const now = clock.now();
      const spans = checkpoint === null ? null : describeSpans(checkpoint.state, msToInstant(now));
      return { workspace, spans, now, everyMinutes };
    }, signal);
    yield lastDrainCheck(runs, `last drain of ${workspace}`);
    yield lastRescanCheck(runs, `last rescan of ${workspace}`);
    yield lastSealCheck(
      await factOf(async () => {
        return { workspace, sealedAt: await aws.newestSealAt(bucket, workspace), now: clock.now() };
      }, signal),
      `last seal of ${workspace}`,
    );
    yield tokenCheck(
      await useOfToken(aws, archive.value, { workspace, secret }, runs, session),
      `token of ${workspace}`,
    );
  }
  yield concurrencyCheck(
    await factOf(async () => {
      const [workspaces, unreserved] = [Object.keys(tokenSecrets).length, await aws.unreservedConcurrency()];
      return { workspaces, unreserved, reserved: archive.value.reservedConcurrency };
    }, signal),
  );
}

/** By asking the source, for whoever may read the token; for all others a drain that has just used it says as much. */
async function useOfToken(
  aws: StackFacts,
  { sourceBaseUrl }: DeployedArchive,
  { workspace, secret }: { readonly workspace: string; readonly secret: string },
  runs: Fact<RunsState>,
  session: Session,
): Promise<Fact<TokenUse>> {
  const { signal } = session;
  const found = await factOf(() => aws.token(secret), signal);
  if (found.isKnown && typeof found.value !== "string") return known({ kind: "none", workspace, failure: found.value });
  if (found.isKnown && typeof found.value === "string") {
    const token = found.value;
    const asked = await factOf(() => askSource(sourceBaseUrl, { workspace, token }, session), signal);
    if (!asked.isKnown) return asked;
    if (asked.value.use !== null) return known(asked.value.use);
  }
  if (runs.isKnown && isDrainFresh(runs.value)) {
    return known({ kind: "drained", workspace, agoMs: drainedAgoMs(runs.value) ?? 0 });
  }
  return found.isKnown
    ? unknown("the source was not reached from here", "Look at the last run's error in the log")
    : found;
}

async function* examineWatch(
  aws: StackFacts,
  { outputs }: FoundStack,
  signal: AbortSignal,
): AsyncGenerator<DoctorFinding> {
  const topic = outputs["AlarmTopic"];
  yield subscriptionCheck(
    topic === undefined
      ? unknown("the stack has no output AlarmTopic", "Name the stack that holds the archive with --stack")
      : await factOf(() => aws.subscriptions(topic), signal),
  );
  const seals = outputs["SealsTopic"];
  yield sealSubscriptionCheck(
    seals === undefined
      ? unknown("the stack has no output SealsTopic", "Deploy this version, which seals")
      : await factOf(() => aws.subscriptions(seals), signal),
  );
  yield trailCheck(await factOf(() => aws.trails(), signal));
}

const mapFact = <T, U>(fact: Fact<T>, map: (value: T) => U): Fact<U> => (fact.isKnown ? known(map(fact.value)) : fact);
