/**
 * A process that answers over TLS as the AWS services and the source would during one small run. When asked, it reports
 * the calls since it was last asked, and when each was answered.
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { sampleEventJson } from "../../feed/sample.ts";

export interface Call {
  readonly name: string;
  readonly isAws: boolean;
  /** Milliseconds since 1970, with their fractions. */
  readonly answeredMs: number;
}

process.on("disconnect", () => process.exit());

const EMPTY_LIST =
  '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>';

process.once("message", ({ cert, key }: { cert: string; key: string }) => {
  const calls: Call[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    request.resume();
    request.on("end", () => {
      const target = String(request.headers["x-amz-target"] ?? "");
      const [status, body] = answer(target, request.method!, request.url!);
      response.writeHead(status, { "content-length": Buffer.byteLength(body), etag: '"1"' }).end(body);
      calls.push({
        name: target || `${request.method} ${request.url!.split("?")[0]}`,
        isAws: !request.url!.includes("audit_log_events"),
        answeredMs: performance.timeOrigin + performance.now(),
      });
    });
  });
  server.listen(0, "127.0.0.1", () =>
    process.send!({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  );
  process.on("message", () => process.send!(calls.splice(0)));
});

function answer(target: string, method: string, url: string): [number, string] {
  if (target.endsWith("GetSecretValue")) return [200, JSON.stringify({ SecretString: "1/1200:bench", VersionId: "1" })];
  if (target.startsWith("DynamoDB")) return [200, "{}"];
  if (url.includes("audit_log_events")) {
    const data = url.includes("offset=")
      ? []
      : [JSON.parse(sampleEventJson("1", new Date(Date.now() - 60_000).toISOString()).toString())];
    return [200, JSON.stringify({ data, next_page: { offset: "o1", path: "", uri: "" } })];
  }
  return method === "GET" ? [200, EMPTY_LIST] : [200, ""];
}
