/** A time-stamping authority over https, as RFC 3161 has it in section 3.4: one POST, one answer. */
import { ArchiverError } from "../errors.ts";
import type { TimestampAuthority } from "../seal/timestamp-request.ts";
import { isAllowed } from "../source/base-url.ts";
import { type HttpResponse, type Transport, TransportError } from "../source/transport.ts";

/** A token with its certificates has 2 to 8 KB. */
const MAX_ANSWER_BYTES = 64 * 1024;
const QUERY = "application/timestamp-query";
const REPLY = "application/timestamp-reply";

/**
 * Time limits are those of the transport; its limit of bytes does not count. Throws ArchiverError `misconfigured` for a URL
 * that is neither https nor http on a loopback address. An attempt is not repeated: the next run asks again.
 */
export function createHttpsAuthority(url: string, transport: Transport): TimestampAuthority {
  const target = parseAuthorityUrl(url);
  const name = target.host;
  return {
    name,
    async stamp(request, signal) {
      const headers = { "content-type": QUERY, accept: REPLY };
      return replyOf(name, await send({ url: target, headers, body: request, maxBytes: MAX_ANSWER_BYTES }, signal));
    },
  };

  async function send(...exchange: Parameters<Transport>): Promise<HttpResponse> {
    try {
      return await transport(...exchange);
    } catch (cause) {
      if (!(cause instanceof TransportError)) throw cause;
      throw new ArchiverError("unavailable", `the time-stamping authority ${name} did not answer (${cause.fault})`, {
        advice: "The next run asks again. If this goes on, see whether its URL can be reached from here.",
        cause,
      });
    }
  }
}

function replyOf(name: string, { status, headers, body }: HttpResponse): Buffer {
  if (status >= 500 || status === 429) {
    throw new ArchiverError("unavailable", `the time-stamping authority ${name} answered HTTP ${status}`, {
      advice: "The next run asks again.",
      status,
    });
  }
  if (status !== 200) {
    throw new ArchiverError("refused", `the time-stamping authority ${name} answered HTTP ${status}`, {
      advice: "Check its URL: authorities have a path of their own for requests of RFC 3161.",
      status,
    });
  }
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === REPLY) return body;
  throw new ArchiverError("invalid-response", `the time-stamping authority ${name} sent no time-stamp reply`, {
    advice: `Check its URL: the answer has to be of type ${REPLY}.`,
  });
}

function parseAuthorityUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && isAllowed(url) && url.username === "" && url.password === "") return url;
  throw new ArchiverError("misconfigured", "the URL of a time-stamping authority cannot be used", {
    advice: "Use an https URL without a user or password, such as https://freetsa.org/tsr.",
  });
}
