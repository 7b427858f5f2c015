/**
 * What every entry point of the package imports first: an old node fails here, in a sentence, and not later at something that
 * it lacks. The command line has a check of its own, which ends the process.
 */
const OLDEST = [22, 12] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
  throw new Error(
    `asana-audit-archive needs node ${OLDEST.join(".")} or newer, and this is node ${process.versions.node}. Install a newer node.`,
  );
