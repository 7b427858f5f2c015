/** Archives in stores that speak S3 and are not Amazon's. */
import { expect, it } from "vitest";
import { PROBE_KEY } from "../../lambda/stores/proven-archive.ts";
import { type S3ServerOptions, startS3Server } from "../fakes/s3-server.ts";
import { makeDirectory, runCli, startFeed } from "./run-cli.ts";

async function open(options: S3ServerOptions = {}) {
  const { flags } = await startFeed({ events: 255 });
  const store = await startS3Server(options);
  const checkpoint = await makeDirectory();
  const drain = ["drain", ...flags, "--archive", "s3://archive/deep", "--checkpoint", checkpoint];
  return { store, drain: (env: Record<string, string> = {}) => runCli(drain, { env: { ...store.env, ...env } }) };
}

it("a store that ignores If-None-Match is refused before anything is archived in it", async () => {
  const { store, drain } = await open({ isConditional: false });
  expect(await drain()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("it ignores the condition If-None-Match, so two runs would overwrite"),
  });
  expect([...store.objects.keys()]).toEqual([`/archive/deep/${PROBE_KEY}`]);
});

it("a store that respects If-None-Match is asked by path, takes everything, and can be verified", async () => {
  const { store, drain } = await open();
  expect(await drain()).toMatchObject({ code: 0 });
  expect(store.requests.every((request) => /^[A-Z]+ 127\.0\.0\.1:\d+ \/archive/.test(request))).toBe(true);
  const verified = await runCli(["verify", "--archive", "s3://archive/deep"], { env: store.env });
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("255 events") });
  const before = store.requests.length;
  expect(await drain()).toMatchObject({ code: 0 });
  expect(store.requests.slice(before).filter((request) => request.startsWith("PUT"))).toEqual([]);
});

it("a segment under a delete marker is a fault of verify and of status, with its key", async () => {
  const { store, drain } = await open();
  expect(await drain()).toMatchObject({ code: 0 });
  const [path = ""] = [...store.objects.keys()].filter((one) => one.includes("/events/"));
  store.hide(path);
  const fault = `I5  ${path.replace("/archive/deep/", "")}: has a delete marker`;
  for (const command of ["verify", "status"]) {
    const looked = await runCli([command, "--archive", "s3://archive/deep"], { env: store.env });
    expect(looked).toMatchObject({ code: 1, stdout: expect.stringContaining(fault) });
  }
});

it("where versions may not be listed, verify and status say that they did not see them, and find no fault", async () => {
  const { store, drain } = await open({ keepsVersions: false });
  expect(await drain()).toMatchObject({ code: 0 });
  const look = (command: string) => runCli([command, "--archive", "s3://archive/deep"], { env: store.env });
  expect(await look("verify")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/I5: whether segments have delete markers .*\s+could\s+not\s+be\s+listed\./s),
  });
  expect(await look("status")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Delete markers would not be seen here"),
  });
});

it("a host name for each bucket can be asked for, and an error says which name does not exist", async () => {
  const { store, drain } = await open();
  const endpoint = store.endpoint.replace("127.0.0.1", "no-such-host.invalid");
  const byHost = { AWS_ENDPOINT_URL_S3: endpoint, AWS_S3_ADDRESSING_STYLE: "virtual" };
  const { code, stderr } = await drain(byHost);
  expect({ code, stderr }).toEqual({
    code: 4,
    stderr: expect.stringMatching(
      /the host name archive\.no-such-host\.invalid does not exist \(ENOTFOUND\)\.\n.*AWS_REGION/,
    ),
  });
  expect(await drain({ AWS_S3_ADDRESSING_STYLE: "sideways" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("AWS_S3_ADDRESSING_STYLE is not path, virtual or auto."),
  });
});
