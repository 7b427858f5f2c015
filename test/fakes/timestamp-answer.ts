import type { TimestampAuthority } from "../../lambda/seal/timestamp-request.ts";
import { der, integer, objectId, sequence, set } from "./der.ts";

/** What a TSTInfo says; the rest of it is always the same. */
export interface TimestampFields {
  readonly digest: Buffer;
  /** As in DER: `20261121061004Z`. */
  readonly time: string;
  readonly nonce?: Buffer;
  readonly hash?: string;
}

export const SHA256 = "608648016503040201";
export const SHA512 = "608648016503040203";
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";

export function timestampInfo({ digest, time, nonce, hash = SHA256 }: TimestampFields): Buffer {
  const imprint = sequence(sequence(objectId(hash), der(0x05, Buffer.alloc(0))), der(0x04, digest));
  const accuracy = sequence(integer(1));
  const asked = nonce === undefined ? [] : [der(0x02, nonce)];
  const at = der(0x18, Buffer.from(time));
  return sequence(
    integer(1),
    objectId("2a030401"),
    imprint,
    integer(7),
    at,
    accuracy,
    der(1, Buffer.of(0xff)),
    ...asked,
  );
}

/** `token`: ContentInfo in DER; none where nothing was granted. */
export const timestampResponse = (status: number, token: Buffer = Buffer.alloc(0)): Buffer =>
  sequence(sequence(integer(status)), token);

/** A token that nobody has signed: what a requester looks at before it stores an answer. */
export function unsignedToken(info: Buffer): Buffer {
  const encapsulated = sequence(objectId(TST_INFO), der(0xa0, der(0x04, info)));
  return sequence(objectId(SIGNED_DATA), der(0xa0, sequence(integer(3), set(), encapsulated, set())));
}

/** An authority in memory that grants all, at the time that `now` gives; it takes digest and nonce from the request. */
export function createFakeAuthority(
  name: string,
  now: () => number,
): TimestampAuthority & { readonly asked: Buffer[] } {
  const asked: Buffer[] = [];
  return {
    name,
    asked,
    async stamp(request) {
      asked.push(request);
      const time = `${new Date(now()).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
      const fields = { digest: request.subarray(24, 56), nonce: request.subarray(58, 66), time };
      return timestampResponse(0, unsignedToken(timestampInfo(fields)));
    },
  };
}
