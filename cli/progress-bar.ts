import { clearLine, cursorTo } from "node:readline";
import cliProgress from "cli-progress";
import type { Progress } from "./progress.ts";

/** Often enough to look alive, and rarely enough to cost next to nothing. */
const FRAMES_PER_SECOND = 10;
const STEPS = 1000;
const TICK_MS = 1000;

export function createProgress(stream: NodeJS.WriteStream): Progress {
  let bar: cliProgress.SingleBar | null = null;
  let ticking: NodeJS.Timeout | undefined;
  let isWaiting = false;
  const erase = () => {
    if (!isWaiting) return;
    cursorTo(stream, 0);
    clearLine(stream, 0);
    isWaiting = false;
  };
  return {
    show(position, given) {
      const read = typeof given === "string" ? () => given : given;
      const text = read();
      clearInterval(ticking);
      erase();
      ticking = setInterval(() => bar?.update({ text: read() }), TICK_MS).unref();
      const value = Math.round(Math.min(1, Math.max(0, position)) * STEPS);
      if (bar === null) {
        bar = new cliProgress.SingleBar(
          {
            format: "{bar} {percentage}%  {text}",
            stream,
            fps: FRAMES_PER_SECOND,
            barsize: 30,
            hideCursor: true,
            clearOnComplete: true,
            gracefulExit: false,
          },
          cliProgress.Presets.shades_classic,
        );
        bar.start(STEPS, value, { text });
      } else {
        bar.update(value, { text });
      }
    },
    wait(text) {
      let seconds = 0;
      clearInterval(ticking);
      ticking = setInterval(() => {
        erase();
        seconds += 1;
        stream.write(`${text} (${seconds} s)`);
        isWaiting = true;
      }, TICK_MS).unref();
    },
    clear() {
      clearInterval(ticking);
      erase();
      bar?.stop();
      bar = null;
    },
  };
}
