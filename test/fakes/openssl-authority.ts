/** A time-stamping authority made with openssl in a folder of the test, with a root of its own. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timestampResponse } from "./timestamp-answer.ts";

export interface CertificateOptions {
  readonly key?: "rsa" | "ec";
  /** The section of extensions below. */
  readonly as?: keyof typeof EXTENSIONS;
  /** In openssl's spelling: YYYYMMDDHHMMSSZ. */
  readonly from?: string;
  readonly until?: string;
  /** The issuer; the root if it is left out. */
  readonly by?: string;
}

export interface OpensslAuthority {
  readonly folder: string;
  /** Issues a certificate; `name` is also its common name. */
  issue(name: string, options?: CertificateOptions): void;
  /** Has openssl answer a request, at this machine's time. */
  reply(
    request: Buffer,
    signer: string,
    options?: { digest?: string; ess?: string; chain?: readonly string[] },
  ): Buffer;
  /** Has openssl sign any TSTInfo with any certificate: what no honest authority would. */
  sign(info: Buffer, signer: string, options?: { digest?: string; flags?: readonly string[]; padding?: "pss" }): Buffer;
  pem(name: string): string;
  /** openssl's own judgement, at `at` (seconds since 1970). */
  verifies(response: Buffer, stamped: Buffer, at: number, root?: string): boolean;
}

/** Says so where there is no openssl that can make time stamps. */
export function hasOpenssl(): boolean {
  const isThere = spawnSync("openssl", ["ts", "-help"], { stdio: "ignore" }).status === 0;
  if (!isThere)
    console.warn("NOT TESTED: openssl is not on this machine, so no time stamp was made and checked with it.");
  return isThere;
}

const EXTENSIONS = {
  root: "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign",
  short: "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign",
  person: "basicConstraints=critical,CA:false\nkeyUsage=critical,keyCertSign,digitalSignature",
  otherwise: "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\nextendedKeyUsage=codeSigning",
  stamps: "basicConstraints=CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping",
  lax: "basicConstraints=CA:false\nextendedKeyUsage=timeStamping",
  also: "basicConstraints=CA:false\nextendedKeyUsage=critical,timeStamping,clientAuth",
  clients: "basicConstraints=CA:false\nextendedKeyUsage=critical,clientAuth",
  anything: "basicConstraints=CA:false",
  signing: "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=critical,timeStamping",
  strange: "extendedKeyUsage=critical,timeStamping\n1.2.3.4=critical,ASN1:NULL",
} as const;

const LONG_AGO = "20200101000000Z";
const FAR_OFF = "20491231235959Z";

export function createOpensslAuthority(folder: string): OpensslAuthority {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const run = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(file(name), content);
    return name;
  };
  write("index", "");
  write("serial", "01");
  write("ca.cnf", configuration());

  const makeKey = (name: string, key: "rsa" | "ec") =>
    key === "rsa"
      ? run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", `${name}.key`)
      : run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);

  const authority: OpensslAuthority = {
    folder,
    issue(name, { key = "ec", as = "stamps", from = LONG_AGO, until = FAR_OFF, by = "root" } = {}) {
      makeKey(name, key);
      run("req", "-new", "-key", `${name}.key`, "-subj", `/CN=${name}`, "-config", "ca.cnf", "-out", `${name}.csr`);
      const issuer = name === by ? ["-selfsign"] : ["-cert", `${by}.pem`];
      const terms = ["-extensions", as, "-startdate", from, "-enddate", until];
      const files = ["-keyfile", `${by}.key`, "-in", `${name}.csr`, "-out", `${name}.pem`];
      run("ca", "-config", "ca.cnf", "-batch", "-notext", ...issuer, ...files, ...terms);
    },
    reply(request, signer, { digest = "sha256", ess = "sha256", chain = [] } = {}) {
      write("tsa.cnf", configuration(`signer_digest=${digest}\ness_cert_id_alg=${ess}`));
      write("request.tsq", request);
      const more = chain.length === 0 ? [] : ["-chain", write("chain.pem", chain.map(authority.pem).join(""))];
      const signing = ["-signer", `${signer}.pem`, "-inkey", `${signer}.key`, ...more];
      run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", ...signing, "-out", "answer.tsr");
      return readFileSync(file("answer.tsr"));
    },
    sign(info, signer, { digest = "sha256", flags = ["-cades"], padding } = {}) {
      write("info.der", info);
      const type = ["-binary", "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-md", digest, ...flags];
      const padded = padding === undefined ? [] : ["-keyopt", `rsa_padding_mode:${padding}`];
      const signing = ["-signer", `${signer}.pem`, "-inkey", `${signer}.key`, ...padded];
      run("cms", "-sign", "-in", "info.der", ...type, ...signing, "-outform", "DER", "-out", "token.der");
      return timestampResponse(0, readFileSync(file("token.der")));
    },
    pem: (name) => readFileSync(file(`${name}.pem`), "utf8"),
    verifies(response, stamped, at, root = "root") {
      write("checked.tsr", response);
      write("stamped", stamped);
      const args = ["-in", "checked.tsr", "-data", "stamped", "-CAfile", `${root}.pem`, "-attime", String(at)];
      return spawnSync("openssl", ["ts", "-verify", ...args], { cwd: folder, stdio: "pipe" }).status === 0;
    },
  };
  authority.issue("root", { key: "rsa", as: "root" });
  return authority;
}

const configuration = (more = "") => `
[ca]
default_ca=here
[here]
database=index
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=policy
unique_subject=no
[policy]
commonName=supplied
[req]
distinguished_name=nobody
prompt=no
[nobody]
CN=nobody
[tsa]
default_tsa=stamping
[stamping]
serial=serial
default_policy=1.2.3.4.1
digests=sha256,sha384,sha512
accuracy=secs:1
tsa_name=yes
ess_cert_id_chain=no
${more}
${Object.entries(EXTENSIONS)
  .map(([name, lines]) => `[${name}]\n${lines}\n`)
  .join("")}`;
