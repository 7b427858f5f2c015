import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./loopback.ts";

/** A request as the service would see it. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** What the service answers; `hang` never answers, `reset` closes the connection, `cut` closes it in mid-body. */
export type WireAnswer =
  | { readonly status: number; readonly body?: string | Buffer; readonly headers?: Record<string, string> }
  | "hang"
  | "reset"
  | { readonly cut: string };

/** An answer may look back at the requests so far. */
type Script = WireAnswer | ((requests: readonly WireRequest[]) => WireAnswer);

/**
 * Stands for an AWS service on loopback: answers from a script, the last answer for ever, so that the real SDK makes
 * its real errors. Closed after the test. What the services really do is tried on the emulator.
 */
export async function startAwsWire(...answers: Script[]) {
  const requests: WireRequest[] = [];
  const server = createServer((request, response) => {
    readBody(request).then(
      (body) => {
        requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
        const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? "reset";
        reply(typeof answer === "function" ? answer(requests) : answer, response);
      },
      () => {}, // the client has gone
    );
  });
  const port = await listen(server);
  // Short only where the service never answers: a busy machine may take a while to.
  const timeoutMs = answers.includes("hang") ? 200 : 20_000;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    requests,
    close,
    /** Spread into a client's configuration. */
    client: {
      endpoint: `http://127.0.0.1:${port}`,
      region: "eu-central-1",
      credentials: { accessKeyId: "AKIACANARY", secretAccessKey: "canary-secret-key" },
      maxAttempts: 1,
      requestHandler: { requestTimeout: timeoutMs, connectionTimeout: timeoutMs, throwOnRequestTimeout: true },
    },
  };
}

function reply(answer: WireAnswer, response: ServerResponse): void {
  if (answer === "hang") return;
  if (answer === "reset") response.destroy();
  else if ("cut" in answer) {
    response.writeHead(200, { "content-length": String(answer.cut.length + 10) });
    response.write(answer.cut, () => response.destroy());
  } else {
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
