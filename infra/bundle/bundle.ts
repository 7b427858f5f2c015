import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import type { FunctionName } from "./function-name.ts";
import { zipOne } from "./zip.ts";

/** Name of the bundle's file in the given folder. */
export const BUNDLE_FILE = "index.mjs";

const root = join(import.meta.dirname, "..", "..");
const standIns = join(import.meta.dirname, "stand-ins");

/** Where each function comes in. */
const ENTRIES: Readonly<Record<FunctionName, string>> = {
  archiver: "lambda/handler.ts",
  sealer: "lambda/sealer-handler.ts",
  verifier: "lambda/verifier-handler.ts",
};

export const isFunctionName = (name: string | undefined): name is FunctionName =>
  name !== undefined && Object.hasOwn(ENTRIES, name);

/** Writes a function's single file into a folder and returns what it consists of. The same sources give the same bytes. */
export async function bundleHandler(name: FunctionName, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [ENTRIES[name]],
    outfile: join(outdir, BUNDLE_FILE),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    minify: true,
    legalComments: "none",
    // Prefer ES modules, whose unused parts can be left out.
    mainFields: ["module", "main"],
    alias: {
      // Lambda provides credentials in the environment; the default chain would add SSO, INI files, IMDS and node:http.
      "@aws-sdk/credential-provider-node": join(standIns, "environment-credentials.ts"),
      // Loaded only where tokens are in parameters.
      "@aws-sdk/client-ssm": join(standIns, "client-of-runtime.ts"),
      "@aws-sdk/endpoint-cache": join(standIns, "no-endpoint-cache.ts"),
      "@smithy/core/event-streams": join(standIns, "no-event-streams.ts"),
    },
    define: { WRITER_VERSION: JSON.stringify(await packageVersion()) },
    plugins: [prunableSchemas, versionOnly],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}

/** Writes a function's code as Lambda takes it, `<name>.zip`, into a folder. */
export async function writeHandlerZip(name: FunctionName, outdir: string): Promise<void> {
  const folder = join(outdir, name);
  await bundleHandler(name, folder);
  const bundle = await readFile(join(folder, BUNDLE_FILE));
  await writeFile(join(outdir, `${name}.zip`), zipOne(BUNDLE_FILE, bundle));
  await rm(folder, { recursive: true });
}

async function packageVersion(): Promise<string> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8")).version;
}

/**
 * An AWS client describes all its operations in one module of constants. esbuild would keep all of them, because a computed
 * key (`[_h]: ...`) might have a side effect. With plain keys it drops what is unused, which saves 55 KB.
 */
const prunableSchemas: Plugin = {
  name: "prunable-schemas",
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]\w+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const texts = new Map(
        [...source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [name, text]),
      );
      const contents = source.replace(/\[(_\w+)\]:/g, (key, name) => (texts.has(name) ? `${texts.get(name)}:` : key));
      return { contents, loader: "js" };
    });
  },
};

/** A client imports its package.json for the version in its user agent. Keeping only the version saves 7 KB for three clients. */
const versionOnly: Plugin = {
  name: "version-only",
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};
