import type { Instant } from "../../lambda/event/instant.ts";

/**
 * What somebody without this program types to check a time stamp, in lines of a shell; `-attime` because the authority's
 * certificate expires before the archive does.
 */
export function opensslCommand(files: { stamp: string; seal: string; root: string }, genTime: Instant): string[] {
  const seconds = Math.floor(Date.parse(genTime) / 1000);
  return [
    `openssl ts -verify -in ${files.stamp} \\`,
    `  -data ${files.seal} \\`,
    `  -CAfile ${files.root} -attime ${seconds}`,
  ];
}
