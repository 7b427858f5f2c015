/**
 * Where node keeps compiled modules between starts. Its own default is `node-compile-cache` in the temporary folder, which
 * another user of the machine may have made first: what they put there would run as whoever starts this program. So it is
 * a folder in the user's own cache, and none at all where anybody else could write to it.
 *
 * Plain JavaScript, so that it is read without the type stripping that the cache saves.
 */
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** Does nothing where the user has chosen a folder (`NODE_COMPILE_CACHE`): node has opened that before this program began. */
export function openCompileCache(environment) {
  if (environment["NODE_COMPILE_CACHE"]) return;
  const folder = safeFolder(join(userCache(environment), "asana-audit-archive", "compiled"));
  if (folder !== null) module.enableCompileCache(folder);
}

function userCache({ XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }) {
  if (xdg && isAbsolute(xdg)) return xdg;
  return process.platform === "win32" && local ? local : join(homedir(), ".cache");
}

/** The folder, made for its owner alone; null if that cannot be, or if others could put something into it. */
function safeFolder(path) {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const folder = realpathSync(path);
    return process.platform === "win32" || isOurs(folder) ? folder : null;
  } catch {
    return null; // without a home, or on a disk that is full or read-only, it starts a little slower
  }
}

/** Whoever may write to a folder above may put another one in its place. In a sticky folder that takes owning it. */
function isOurs(folder) {
  const own = process.getuid();
  if (lstatSync(folder).uid !== own) return false;
  for (let at = folder; ; at = dirname(at)) {
    const { uid, mode } = lstatSync(at);
    const mayOthersWrite = (mode & 0o022) !== 0 && (at === folder || (mode & 0o1000) === 0);
    if ((uid !== own && uid !== 0) || mayOthersWrite) return false;
    if (dirname(at) === at) return true;
  }
}
