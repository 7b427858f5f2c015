import { createHmac } from "node:crypto";
import type { StreamPosition } from "./log.ts";
import type { Filters } from "./query.ts";

/** What a pagination token says. */
export interface Offset {
  readonly workspace: string;
  /** null: before the first event. */
  readonly after: StreamPosition | null;
  readonly filters: Filters;
  /** Events given out since the first page, for the truncation mode. */
  readonly served: number;
}

export interface OffsetBook {
  /** `serial` makes tokens differ even if they stand for the same place. */
  issue(offset: Offset, serial: number, nowMs: number, lifeMs: number): string;
  read(token: string, nowMs: number): Offset | "expired" | "invalid";
}

const HEADER = Buffer.from('{"typ":"JWT","alg":"HS256"}').toString("base64url");
/** Fields of the position string, which is one string in the tokens seen in public. */
const SEPARATOR = "|";

/** Tokens as Asana's ordinary lists use them: signed, three segments, one position string, `iat` and `exp` in seconds. */
export function createOffsetBook(secret: string): OffsetBook {
  const sign = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
  return {
    issue: (offset, serial, nowMs, lifeMs) => {
      const iat = Math.floor(nowMs / 1000);
      const exp = Math.min(iat + Math.ceil(lifeMs / 1000), 9_999_999_999);
      const payload = JSON.stringify({ pos: encodePosition(offset, serial), iat, exp });
      const head = `${HEADER}.${Buffer.from(payload).toString("base64url")}`;
      return `${head}.${sign(head)}`;
    },
    read: (token, nowMs) => {
      const dot = token.lastIndexOf(".");
      if (dot === -1 || sign(token.slice(0, dot)) !== token.slice(dot + 1)) return "invalid";
      const payload = JSON.parse(Buffer.from(token.slice(token.indexOf(".") + 1, dot), "base64url").toString());
      return Math.floor(nowMs / 1000) >= payload.exp ? "expired" : decodePosition(payload.pos);
    },
  };
}

function encodePosition(offset: Offset, serial: number): string {
  const { startMs, endMs, ...others } = offset.filters;
  return [
    offset.workspace,
    offset.after === null ? "" : offset.after.atMs,
    offset.after?.gid ?? "",
    offset.served.toString(36),
    serial.toString(36),
    startMs ?? "",
    endMs ?? "",
    Object.keys(others).length === 0 ? "" : JSON.stringify(others),
  ].join(SEPARATOR);
}

function decodePosition(text: string): Offset {
  const [workspace = "", atMs = "", gid = "", served = "", , startMs = "", endMs = "", ...rest] = text.split(SEPARATOR);
  const others = rest.join(SEPARATOR);
  return {
    workspace,
    after: atMs === "" ? null : { atMs: Number(atMs), gid },
    filters: {
      ...(startMs === "" ? {} : { startMs: Number(startMs) }),
      ...(endMs === "" ? {} : { endMs: Number(endMs) }),
      ...(others === "" ? {} : JSON.parse(others)),
    },
    served: Number.parseInt(served, 36),
  };
}
