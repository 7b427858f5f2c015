import { Interrupted, type StopSignal } from "./exit.ts";

/** After this time the process exits whatever it is waiting for: all finished work is already in the archive. */
const GRACE_MS = 8000;

/**
 * The first Ctrl-C, SIGTERM or closed terminal (SIGHUP) aborts the signal, so that current work ends cleanly. The second
 * one, or the end of the grace period, exits immediately.
 */
export function watchInterrupts(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = (name: StopSignal) => {
    const reason = new Interrupted(name);
    if (controller.signal.aborted) process.exit(reason.exitCode);
    onFirst();
    controller.abort(reason);
    setTimeout(() => process.exit(reason.exitCode), GRACE_MS).unref();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  return controller.signal;
}
