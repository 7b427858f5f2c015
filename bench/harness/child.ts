/**
 * The process that a variant runs in. It receives what to run, runs it once, and sends back the time and memory used. It
 * loads only one other file of the harness, which is small: what it loads counts as memory of the variant.
 */
import { peakBytes } from "./peak-bytes.mjs";

export interface Task {
  readonly module: string;
  /** Name of an exported function that takes the input and a meter. */
  readonly name: string;
  readonly input: unknown;
}

export interface Meter {
  /** Everything before this call is preparation and is not counted. */
  begin(): void;
  /** Everything after this call is not counted. */
  end(): void;
}

export interface Measured<Result> {
  readonly result: Result;
  readonly wallMs: number;
  /** User and system time of the whole process, its threads included. */
  readonly cpuMs: number;
  /** Peak resident memory of this process, including its start. */
  readonly peakBytes: number;
}

process.once("message", async (task: Task) => {
  const module = await import(task.module);
  const mark = () => ({ wallMs: performance.now(), cpu: process.cpuUsage() });
  let begun = mark();
  let ended: ReturnType<typeof mark> | undefined;
  const meter: Meter = {
    begin: () => {
      begun = mark();
    },
    end: () => {
      ended = mark();
    },
  };
  const result = await module[task.name](task.input, meter);
  ended ??= mark();
  const measured: Measured<unknown> = {
    result,
    wallMs: ended.wallMs - begun.wallMs,
    cpuMs: (ended.cpu.user + ended.cpu.system - begun.cpu.user - begun.cpu.system) / 1000,
    peakBytes: peakBytes(),
  };
  process.send!(measured, () => process.exit(0));
});
