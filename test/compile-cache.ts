/** Where the node processes that tests start keep compiled modules: loading these takes longer than most of them run. */
import { tmpdir } from "node:os";
import { join } from "node:path";

export const COMPILE_CACHE = join(tmpdir(), "asana-audit-archive-compile-cache");
