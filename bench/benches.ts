import { athena } from "./athena.ts";
import { backfill } from "./backfill.ts";
import { drain } from "./drain.ts";
import { grove } from "./grove.ts";
import type { Bench } from "./harness/bench.ts";
import { large } from "./large.ts";
import { memory } from "./memory.ts";
import { questions } from "./questions.ts";
import { requests } from "./requests.ts";
import { rescan } from "./rescan.ts";
import { resume } from "./resume.ts";
import { scan } from "./scan.ts";
import { seal } from "./seal.ts";
import { start } from "./start.ts";
import { verify } from "./verify.ts";
import { years } from "./years.ts";

/** In the order in which they run and are described. */
export const BENCHES: readonly Bench[] = [
  scan,
  drain,
  memory,
  large,
  start,
  requests,
  backfill,
  resume,
  rescan,
  verify,
  questions,
  years,
  athena,
  seal,
  grove,
];
