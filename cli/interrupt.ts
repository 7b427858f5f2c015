import { EXIT, Interrupted } from "./exit.ts";

/** After this, whatever still holds the process up is left behind: everything finished is in the archive already. */
const GRACE_MS = 8000;

/**
 * The first Ctrl-C or SIGTERM aborts the signal, so that the work in hand ends cleanly; the second leaves at once, and
 * so does time.
 */
export function watchInterrupts(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = (name: "SIGINT" | "SIGTERM") => {
    if (controller.signal.aborted) process.exit(name === "SIGINT" ? EXIT.interrupted : EXIT.terminated);
    onFirst();
    const reason = new Interrupted(name);
    controller.abort(reason);
    setTimeout(() => process.exit(reason.exitCode), GRACE_MS).unref();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
