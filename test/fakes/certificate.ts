import { generateKeyPairSync, sign } from "node:crypto";
import { der, integer, objectId, sequence, set } from "./der.ts";

/**
 * A self-signed certificate for an IPv4 address, as PEM with its key. Made anew for each test, so that no private key
 * lies in the repository. `until` is its last day, YYMMDD.
 */
export function createCertificate(
  until = "491231",
  address = "127.0.0.1",
): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(COMMON_NAME), der(0x0c, Buffer.from("localhost")))));
  const body = sequence(
    der(0xa0, integer(2)),
    integer(1),
    algorithm,
    name,
    sequence(time("200101"), time(until)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(der(0x01, Buffer.of(0xff)))),
        extension(ALT_NAMES, sequence(ip(address))),
      ),
    ),
  );
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign("sha256", body, privateKey)]));
  const base64 = sequence(body, algorithm, signature).toString("base64").replace(/.{64}/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const BASIC_CONSTRAINTS = "551d13";
const ALT_NAMES = "551d11";
const ip = (address: string) => der(0x87, Buffer.from(address.split(".").map(Number)));
const time = (day: string) => der(0x17, Buffer.from(`${day}000000Z`));
const extension = (id: string, content: Buffer) => sequence(objectId(id), der(0x04, content));
