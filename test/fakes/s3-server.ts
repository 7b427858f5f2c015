/** A store that speaks S3, on loopback and in memory: as much of it as an archive needs, and as badly as a test wants it. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./loopback.ts";

export interface S3ServerOptions {
  /** Whether it keeps the condition that a key is free. */
  readonly isConditional?: boolean;
  /** Takes a body off the wire; by default as fast as it comes. */
  readonly read?: (request: IncomingMessage) => Promise<Buffer>;
  /** Whether its versions may be listed. */
  readonly keepsVersions?: boolean;
  /** Called when an object is asked for; false: it never comes. */
  readonly onGet?: () => boolean;
}

export interface S3Server {
  readonly endpoint: string;
  /** By bucket and key: `/bucket/key`. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Method, host and path of each request. */
  readonly requests: readonly string[];
  /** For a process that is to use it. */
  readonly env: Readonly<Record<string, string>>;
  put(path: string, bytes: Buffer): void;
  /** Puts a delete marker on an object: it is no longer listed, and its version stays. */
  hide(path: string): void;
}

export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { isConditional = true, read = readAll, onGet = () => true, keepsVersions = true } = options;
  const objects = new Map<string, Buffer>();
  const hidden = new Set<string>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://store");
    const path = decodeURIComponent(url.pathname);
    requests.push(`${request.method} ${request.headers.host} ${path}`);
    const fail = (status: number, code: string) =>
      response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`);
    if (request.method === "PUT") {
      read(request).then(
        (body) => {
          if (isConditional && request.headers["if-none-match"] === "*" && objects.has(path)) {
            return fail(412, "PreconditionFailed");
          }
          objects.set(path, body);
          return response.writeHead(200, { etag: `"${createHash("md5").update(body).digest("hex")}"` }).end();
        },
        () => undefined,
      );
    } else if (url.searchParams.has("versions")) {
      if (!keepsVersions) return fail(403, "AccessDenied");
      response.writeHead(200, { "content-type": "application/xml" }).end(versions(path, url.searchParams));
    } else if (url.searchParams.has("list-type")) {
      response.writeHead(200, { "content-type": "application/xml" }).end(listing(path, url.searchParams));
    } else {
      if (!onGet()) return undefined;
      const object = objects.get(path);
      if (object === undefined) return fail(404, "NoSuchKey");
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
      const part = start === undefined ? object : object.subarray(Number(start), Number(end) + 1);
      if (part.length === 0 && start !== undefined) return fail(416, "InvalidRange");
      response.writeHead(start === undefined ? 200 : 206).end(part);
    }
    return undefined;
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const env = {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIACANARY",
    AWS_SECRET_ACCESS_KEY: "canary-secret-key",
  };
  return {
    endpoint,
    objects,
    requests,
    env,
    put: (path, bytes) => void objects.set(path, bytes),
    hide: (path) => void hidden.add(path),
  };

  function versions(bucket: string, query: URLSearchParams): string {
    const root = bucket.endsWith("/") ? bucket : `${bucket}/`;
    const keys = [...objects.keys()].map((path) => path.slice(root.length)).sort();
    const found = keys.filter((key) => key.startsWith(query.get("prefix") ?? ""));
    const markers = found.filter((key) => hidden.has(root + key));
    return `<ListVersionsResult><IsTruncated>false</IsTruncated>${found
      .map((key) => `<Version><Key>${key}</Key><VersionId>1</VersionId></Version>`)
      .concat(markers.map((key) => `<DeleteMarker><Key>${key}</Key><VersionId>2</VersionId></DeleteMarker>`))
      .join("")}</ListVersionsResult>`;
  }

  function listing(bucket: string, query: URLSearchParams): string {
    const root = bucket.endsWith("/") ? bucket : `${bucket}/`;
    const keys = [...objects.keys()]
      .filter((path) => path.startsWith(root) && !hidden.has(path))
      .map((path) => path.slice(root.length))
      .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > (query.get("start-after") ?? ""))
      .sort();
    const contents = keys.map(
      (key) => `<Contents><Key>${key}</Key><Size>${objects.get(root + key)?.length}</Size></Contents>`,
    );
    return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`;
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
