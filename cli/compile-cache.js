/**
 * Where node keeps compiled modules between starts. Its own default is `node-compile-cache` in the temporary folder, which
 * another user of the machine may have made first: what they put there would run as whoever starts this program. So it is
 * a folder in the user's own cache, and none at all where anybody else could write to it: then it starts a little slower.
 */
import module from "node:module";
import { join } from "node:path";
import { safeFolder, userCache } from "./user-cache.js";

/** Does nothing where the user has chosen a folder (`NODE_COMPILE_CACHE`): node has opened that before this program began. */
export function openCompileCache(environment) {
  if (environment["NODE_COMPILE_CACHE"]) return;
  const folder = safeFolder(join(userCache(environment), "asana-audit-archive", "compiled"));
  if (folder !== null) module.enableCompileCache(folder);
}
