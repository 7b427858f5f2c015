/** An archive from before there were looks and seals gets both, and not a byte that was there is touched. */
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { createFeed } from "../../feed/feed.ts";
import { feedTransport } from "../../feed/transport.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { sealWorkspace } from "../../lambda/seal/sealer.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { NEVER, openSource, runDeps } from "../fakes/run.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";
/**
 * Written by the code of commit 788c322, in base64, by path: seven runs over 1 to 4 May 2026. The first day has an event that
 * was shown a day late, the third has none, one event has no time, and the last day was not over.
 */
import earlier from "./earlier-archive.json" with { type: "json" };
import { keyOfSigner } from "./sample-chain.ts";
import { depsAt } from "./sealed-archive.ts";
import { testSigner } from "./signers.ts";

const DAYS = ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"];

/** A source that shows what the archive holds, and an archive's folder as the earlier code left it. */
async function openEarlier() {
  const folder = await mkdtemp(join(tmpdir(), "earlier-archive-"));
  const objects = new Map(Object.entries(earlier).map(([path, text]) => [path, Buffer.from(text, "base64")]));
  const feed = createFeed({ seed: 1, limits: null, workspaces: [{ gid: WORKSPACE }] });
  for (const [path, bytes] of objects) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    if (!path.startsWith("events/")) continue;
    const isOdd = path.includes(ODD_DAY);
    for await (const lines of segmentLines(bytes, codec))
      for (const line of lines) feed.append(WORKSPACE, line, isOdd ? Date.parse("2026-05-02T12:00:00Z") : undefined);
  }
  return { folder, objects, feed };
}

it("an archive of earlier code is looked at, sealed and found good, and each byte that was there stays", async () => {
  const { folder, objects, feed } = await openEarlier();
  const archive = createDirectoryArchive(folder);
  const checkpoints = createFileCheckpoint(join(folder, "checkpoint"));
  const trust = { ...NO_TRUST, keys: [keyOfSigner(testSigner())] };
  for (const [index, at] of ["2026-05-05T09:00:00.000Z", "2026-05-05T11:00:00.000Z"].entries()) {
    const clock = createJumpingClock(Date.parse(at));
    const source = openSource({ transport: feedTransport(feed, clock), clock });
    const run = runDeps({ source, archive, checkpoints, clock, codec, runId: `run-${index}`, writer: "1.0.0" });
    await drain(run, { workspace: WORKSPACE }, NEVER);
    await rescan(run, { workspace: WORKSPACE, what: { kind: "due" } }, NEVER);
  }
  const deps = { ...depsAt(new Map(), "2026-05-05"), archive };
  const { sealed, halted } = await sealWorkspace(deps, WORKSPACE, NEVER);
  expect(halted).toBeNull();
  expect(sealed.map(({ day }) => day)).toEqual(expect.arrayContaining([ODD_DAY, ...DAYS]));

  for (const [path, bytes] of objects)
    expect({ path, bytes: await readFile(join(folder, path)) }).toEqual({ path, bytes });
  const { outcome, faults, untold, workspaces, seals } = await verify({ archive, codec, checkpoints }, { trust });
  expect({ outcome, faults, untold }).toEqual({ outcome: "clean", faults: [], untold: [] });
  expect(workspaces).toMatchObject([
    { segments: Object.keys(earlier).filter((path) => path.startsWith("events/")).length },
  ]);
  expect(seals).toMatchObject([{ quietDays: seals[0]!.days - 3, lastDay: "2026-05-04" }]);
});
