import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../fakes/loopback.ts";

/** One call of the function to AWS, as it went over the wire. */
export interface WireCall {
  readonly service: string;
  readonly operation: string;
}

/** `before`: the call is answered with an error and never made. `after`: it is made, and its answer lost. */
export type WireFault = "before" | "after";

/**
 * Stands between a function and the emulator: notes each call, and spoils those it is told to. Credentials name the
 * service, headers the operation; bodies pass unread.
 */
export async function startWireProxy() {
  let target = "";
  let calls: WireCall[] = [];
  let chooseFault: (call: WireCall, index: number) => WireFault | null = () => null;

  const server = createServer((request, response) => {
    const call = callOf(request);
    const fault = chooseFault(call, calls.length);
    calls.push(call);
    if (fault === "before") {
      request.resume().once("end", () => fail(response));
      return;
    }
    const { method, url, headers } = request;
    const onward = forward(new URL(url ?? "/", target), { method, headers }, (answer) => {
      if (fault === "after") {
        answer.resume().once("end", () => fail(response));
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once("error", () => response.destroy());
    request.pipe(onward);
  });
  const port = await listen(server);

  return {
    url: `http://127.0.0.1:${port}`,
    connect(endpoint: string): void {
      target = endpoint;
    },
    /** The calls since the last time it was asked; from then on, `choose` decides which are spoilt. */
    restart(choose: typeof chooseFault = () => null): readonly WireCall[] {
      const past = calls;
      calls = [];
      chooseFault = choose;
      return past;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function callOf({ method, url, headers }: IncomingMessage): WireCall {
  const [, service = "unknown"] = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  const target =
    String(headers["x-amz-target"] ?? "")
      .split(".")
      .at(-1) ?? "";
  const operation = target !== "" ? target : url?.includes("list-type=2") ? "List" : method === "PUT" ? "Put" : "Get";
  return { service, operation };
}

function fail(response: ServerResponse): void {
  response.writeHead(500, { "content-type": "text/plain" }).end("spoilt by the test");
}
