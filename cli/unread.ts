/** What `status` and `verify` say of objects that could not be read, and the exit code that follows. */
import type { UnreadObject } from "../lambda/archive/verify-log.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";

/** `halted` if one is damaged, so that trying again does not help. */
export const unreadCode = (unread: readonly UnreadObject[]): ExitCode => {
  if (unread.length === 0) return EXIT.done;
  return unread.some(({ advice }) => advice !== undefined) ? EXIT.halted : EXIT.unavailable;
};

export function sayUnread(unread: readonly UnreadObject[], output: Output): void {
  for (const { key, message, advice } of unread) {
    output.say(`  unread  ${key}: ${message}`);
    if (advice !== undefined) output.say(`          ${advice}`);
  }
}
