// Plain JavaScript, and no name that an old node's modules lack, so that it can still say that the node is too old.
import fs from "node:fs";

const isThere = (path) => fs.existsSync(new URL(path, import.meta.url));
/** A checkout runs as TypeScript, which takes a newer node than a package, which is JavaScript. */
export const isCheckout = isThere("./main.ts");
const oldestMinor = isCheckout ? 18 : 12;

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < oldestMinor)) {
  const install = `nstall node 22.${oldestMinor} or newer.`;
  process.stderr.write(
    `asana-audit-archive: this is node ${process.versions.node}, and node 22.${oldestMinor} or newer is needed.\n` +
      `  ${isCheckout ? `${advice()} Or i` : "I"}${install}\n`,
  );
  process.exit(2);
}

/** What brings the checkout's own node, or starts it. */
function advice() {
  const start = "`npm start` or `npm run -s archive -- <command>`";
  if (isThere("../node_modules/node/bin/node")) return `This checkout has a node of its own, which ${start} uses.`;
  if (isThere("../node_modules/node/package.json")) {
    return `npm installed without running install scripts, which bring the node of this checkout: run \`npm rebuild node\`, then ${start}.`;
  }
  return `Run \`npm ci\` (without --omit=dev), which brings a node for this checkout, then ${start}.`;
}
