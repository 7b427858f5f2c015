/** Checks of what the command line runs on: node, configuration file, proxy. */
import { isCheckout } from "../../package/checkout.ts";
import { cannotTell, defineCheck, type Failure, notOk, ofFailure, ok } from "./finding.ts";
import { READ } from "./readings.ts";

/** As in check-node.js. */
const OLDEST = isCheckout ? ([22, 18] as const) : ([22, 12] as const);
const CURE = isCheckout ? "Run `npm ci`, which brings a node for this checkout" : "Install a newer node";

export const nodeCheck = defineCheck<string>("node", READ.node, (version) => {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  if (major === undefined) return cannotTell(`the version "${version}" cannot be read`, "Use a release of node");
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  return isOld ? notOk(`${version} is older than ${OLDEST.join(".")}`, CURE) : ok(version);
});

export interface Configuration {
  /** The file that is read; null: there is none. */
  readonly file: string | null;
  /** What was passed over, each in a sentence. */
  readonly ignored: readonly string[];
  readonly failure: Failure | null;
}

export const configurationCheck = defineCheck<Configuration>(
  "configuration",
  READ.settings,
  ({ file, ignored, failure }) => {
    if (failure !== null) return ofFailure(failure);
    if (ignored.length > 0) return notOk(ignored.join(" "), "Correct or remove what has no effect");
    return ok(file === null ? "no file; flags and environment say everything" : file);
  },
);

export interface Proxy {
  /** Host and port of the proxy, without its password; null: none is used. */
  readonly host: string | null;
  readonly failure: Failure | null;
}

export const proxyCheck = defineCheck<Proxy>("proxy", READ.proxy, ({ host, failure }) => {
  if (failure !== null) return ofFailure(failure);
  return ok(host === null ? "none is set" : `${host}`);
});
