import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { get as getHttp } from "node:http";
import { Agent, get as getHttps } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { emulatorProgram } from "./install.ts";

export interface EmulatorOptions {
  /** Enforce IAM, over TLS with a certificate of its own. The keys of `env` and `client` are root there. */
  readonly enforceIam?: boolean;
  /** More variables for the emulator, and so for every function it runs. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Emulator {
  readonly endpoint: string;
  /** The whole environment for programs that use it (CDK, the command line): nothing of ours leaks into them. */
  readonly env: Readonly<Record<string, string>>;
  /** Configuration for clients in this process. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly requestHandler: { readonly httpsAgent?: Agent };
  };
  /** What it has written so far. */
  log(): string;
  /** Ends it and all functions it runs, and removes what it wrote. */
  stop(): Promise<void>;
}

const REGION = "us-east-1";
const ACCOUNT = "000000000000";
const START_MS = 60_000;

/** Its standard input closes when this process ends, however that happens; then all of its group end. */
const UNTIL_WE_END = '("$1"; kill -KILL 0) & cat > /dev/null; kill -KILL 0';

/** For a call without a client: of this the emulator reads only which service is called. */
export const authorizationFor = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request`;

/** Starts an AWS of its own: empty, on a free port of loopback, in a folder that goes with it. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const folder = mkdtempSync(join(tmpdir(), "emulator-"));
  const port = String(await freePort());
  const tls = options.enforceIam === true ? makeCertificate(folder) : null;
  const endpoint = `${tls === null ? "http" : "https"}://127.0.0.1:${port}`;
  const logFile = join(folder, "log");

  // A function inherits all of this, and runs on the first node of the PATH.
  const base = {
    HOME: folder,
    TMPDIR: folder,
    PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    NODE_PATH: join(import.meta.dirname, "../../node_modules"),
    ...(tls === null ? {} : { NODE_EXTRA_CA_CERTS: tls.cert }),
  };
  const output = openSync(logFile, "w");
  const child = spawn("/bin/sh", ["-c", UNTIL_WE_END, "sh", emulatorProgram], {
    cwd: folder,
    detached: true, // a process group of its own, to end with all its functions
    stdio: ["pipe", output, output],
    env: {
      ...base,
      GATEWAY_PORT: port,
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      IOT_MTLS_ENABLED: "0",
      STATE_DIR: join(folder, "state"),
      S3_DATA_DIR: join(folder, "s3"),
      ...(tls === null ? {} : { AUTH: "true", USE_SSL: "1", MINISTACK_SSL_CERT: tls.cert, MINISTACK_SSL_KEY: tls.key }),
      ...options.environment,
    },
  });
  closeSync(output);
  const log = () => readFileSync(logFile, "utf8");

  async function stop(): Promise<void> {
    if (child.pid !== undefined && isRunning(child)) {
      process.kill(-child.pid, "SIGKILL"); // it may not listen to less
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  if (!(await isUp(child, endpoint, tls?.ca))) {
    const lines = log().split("\n").slice(-20).join("\n");
    await stop();
    throw new Error(`The emulator did not start.\n${lines}`);
  }
  return {
    endpoint,
    env: {
      ...base,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      NO_PROXY: "127.0.0.1,localhost",
      CDK_DEFAULT_ACCOUNT: ACCOUNT,
      CDK_DEFAULT_REGION: REGION,
      CDK_DISABLE_CLI_TELEMETRY: "1",
      CI: "true",
    },
    client: {
      endpoint,
      region: REGION,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      requestHandler: tls === null ? {} : { httpsAgent: new Agent({ keepAlive: true, ca: tls.ca }) },
    },
    log,
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port was given.");
  return address.port;
}

function makeCertificate(folder: string) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:*.localhost";
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", [...request, "-keyout", key, "-out", cert, "-subj", "/CN=emulator", "-addext", names], {
    stdio: "pipe",
  });
  return { key, cert, ca: readFileSync(cert, "utf8") };
}

async function isUp(child: ChildProcess, endpoint: string, ca: string | undefined): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < START_MS && isRunning(child); waitedMs += 100) {
    if (await answers(`${endpoint}/_ministack/health`, ca)) return true;
    await sleep(100);
  }
  return false;
}

function answers(url: string, ca: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const request = url.startsWith("https:") ? getHttps(url, { ca }) : getHttp(url);
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
    request.setTimeout(2_000, () => request.destroy());
  });
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
