import { EXIT, Interrupted } from "./exit.ts";

/** After this time the process exits whatever it is waiting for: all finished work is already in the archive. */
const GRACE_MS = 8000;

/**
 * The first Ctrl-C or SIGTERM aborts the signal, so that current work ends cleanly. The second one, or the end of the grace
 * period, exits immediately.
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
