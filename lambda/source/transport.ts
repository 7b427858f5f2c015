/** One HTTP exchange, without retries or meaning. The real one is in `https-transport.ts`; tests bring their own. */
export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes it a POST of these bytes. Omitted: a GET. It may be sent twice, where an idle connection was closed. */
  readonly body?: Buffer;
  /** For the answer's body, in place of the transport's own limit. */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by a comma, as HTTP allows. */
  readonly headers: Readonly<Record<string, string>>;
  /** After decompression; within the size limit. */
  readonly body: Buffer;
}

/** Throws TransportError when there is no complete answer, and `signal.reason` when aborted. */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/**
 * `refused`, `no-such-host`, `proxy`, `reset`, `timeout`, `truncated`: worth another try. `too-large` (the body),
 * `headers-too-large`, `tls`: it would be the same again.
 */
export type TransportFault =
  | "refused"
  | "no-such-host"
  | "proxy"
  | "reset"
  | "timeout"
  | "truncated"
  | "too-large"
  | "headers-too-large"
  | "tls";

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly fault: TransportFault;

  constructor(fault: TransportFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}
