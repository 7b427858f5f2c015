/**
 * The user's own cache, and folders in it that nobody else could have put anything into.
 *
 * Plain JavaScript, so that `compile-cache.js` reads it without the type stripping that the cache saves.
 */
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/**
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {string}
 */
export function userCache({ XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }) {
  if (xdg && isAbsolute(xdg)) return xdg;
  return process.platform === "win32" && local ? local : join(homedir(), ".cache");
}

/**
 * The folder, made for its owner alone; null if that cannot be, or if others could put something into it.
 *
 * @param {string} path
 * @returns {string | null}
 */
export function safeFolder(path) {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const folder = realpathSync(path);
    return process.platform === "win32" || isOurs(folder) ? folder : null;
  } catch {
    return null; // without a home, or on a disk that is full or read-only
  }
}

/**
 * Whoever may write to a folder above may put another one in its place. In a sticky folder that takes owning it.
 *
 * @param {string} folder
 */
function isOurs(folder) {
  const own = process.getuid?.();
  if (lstatSync(folder).uid !== own) return false;
  for (let at = folder; ; at = dirname(at)) {
    const { uid, mode } = lstatSync(at);
    const mayOthersWrite = (mode & 0o022) !== 0 && (at === folder || (mode & 0o1000) === 0);
    if ((uid !== own && uid !== 0) || mayOthersWrite) return false;
    if (dirname(at) === at) return true;
  }
}
