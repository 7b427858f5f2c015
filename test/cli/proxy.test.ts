/** A machine whose only way out is a proxy. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readProxy } from "../../cli/proxy.ts";
import { startAwsWire } from "../fakes/aws-wire.ts";
import { createCertificate } from "../fakes/certificate.ts";
import { startProxy, wrapInTls } from "../fakes/proxy.ts";
import { startS3Server } from "../fakes/s3-server.ts";
import { makeDirectory, runProcess, startFeed, WORKSPACE } from "./run-cli.ts";

const HOST = "10.1.1.1";

describe("what the environment says of proxies", () => {
  it("is no proxy where none is named, and never one for this machine itself", () => {
    expect(readProxy({ HTTPS_PROXY: "", NO_PROXY: "*" })).toBeNull();
    expect(readProxy({ HTTPS_PROXY: "http://proxy:3128" })).toEqual({
      HTTPS_PROXY: "http://proxy:3128/",
      NO_PROXY: "localhost,127.0.0.1,[::1]",
    });
  });

  it("is taken from lower case first, and a host and port without a scheme are an http proxy", () => {
    const given = { https_proxy: "one:1", HTTPS_PROXY: "http://two", http_proxy: "https://three:3", no_proxy: "a,b" };
    expect(readProxy(given)).toEqual({
      HTTPS_PROXY: "http://one:1/",
      HTTP_PROXY: "https://three:3/",
      NO_PROXY: "a,b,localhost,127.0.0.1,[::1]",
    });
  });

  it("is ignored with NODE_USE_ENV_PROXY=0; 1 changes nothing", () => {
    expect(readProxy({ HTTPS_PROXY: "http://proxy", NODE_USE_ENV_PROXY: "0" })).toBeNull();
    expect(readProxy({ HTTPS_PROXY: "http://proxy", NODE_USE_ENV_PROXY: "1" })).not.toBeNull();
  });

  it.each(["socks5://user:c4na7y@proxy:1080", "http://", "://c4na7y", "c4na7y proxy"])(
    "is refused where it is no http proxy, neither bypassed nor repeated in the error: %s",
    (url) => {
      expect(() => readProxy({ HTTPS_PROXY: url })).toThrow("HTTPS_PROXY is not the URL of an HTTP proxy.");
    },
  );
});

it("source, S3 and DynamoDB are all reached through the proxy, which learns nothing but their names", async () => {
  const { baseUrl, feed } = await startFeed({ events: 50 });
  const s3 = await startS3Server();
  const dynamoDb = await startAwsWire({
    status: 200,
    body: "{}",
    headers: { "content-type": "application/x-amz-json-1.0" },
  });
  const certificate = createCertificate("491231", HOST);
  const behind = { 443: baseUrl, 8443: s3.endpoint, 9443: dynamoDb.client.endpoint };
  const ports: Record<string, number> = {};
  for (const [port, url] of Object.entries(behind)) {
    ports[`${HOST}:${port}`] = await wrapInTls(certificate, Number(new URL(url).port));
  }
  const proxy = await startProxy(ports);
  const directory = await makeDirectory();
  const authorities = join(directory, "authority.pem");
  await writeFile(authorities, certificate.cert);
  const env = {
    ...s3.env,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authorities,
    AWS_ENDPOINT_URL_S3: `https://${HOST}:8443`,
    AWS_ENDPOINT_URL_DYNAMODB: `https://${HOST}:9443`,
  };
  const args = ["drain", "--source", `https://${HOST}/api/1.0`, "--workspace", WORKSPACE, "--json"];
  const { code, stdout, stderr } = await runProcess(
    [...args, "--archive", "s3://archive", "--checkpoint", "dynamodb://table"],
    { env },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("error") });
  expect(JSON.parse(stdout)).toMatchObject({ archived: 50 });
  expect([...new Set(proxy.asked)].sort()).toEqual(Object.keys(ports).sort());
  expect(proxy.seen).not.toMatch(/feed-token|canary|"authorization"/);
  expect(feed.requests.length).toBeGreaterThan(0);

  const past = await runProcess([...args, "--archive", join(directory, "archive"), "--attempts", "1"], {
    env: { ...env, HTTPS_PROXY: proxy.url.replace("desk", "nobody") },
  });
  expect(past).toMatchObject({ code: 4, stderr: expect.stringContaining("through the proxy (ERR_PROXY_TUNNEL 407)") });
  expect(past.stderr).not.toMatch(/pass.{1,3}word/);
});
