/** Rows that say who may make which call, and a test for each. */
import { expect, it } from "vitest";
import type { createAccount } from "./account.ts";
import type { Context } from "./evaluate.ts";

export type Row<Who extends string> = readonly [who: Who, action: string, resource: string, context?: Context];

export interface Rows<Who extends string> {
  readonly allowed: readonly Row<Who>[];
  readonly denied: readonly Row<Who>[];
}

/** `roles`: the ARNs of who calls. */
export function testRows<Who extends string>(
  account: ReturnType<typeof createAccount>,
  roles: Readonly<Record<Who, string>>,
  { allowed, denied }: Rows<Who>,
): void {
  it.each(allowed.map(titled))("allowed  %s", (_title, who, action, resource, context) => {
    expect(account.decide(roles[who], action, resource, context)).toMatchObject({ allowed: true });
  });

  it.each(denied.map(titled))("denied   %s", (_title, who, action, resource, context) => {
    expect(account.decide(roles[who], action, resource, context)).toMatchObject({ allowed: false });
  });
}

function titled<Who extends string>([who, action, resource, context = {}]: Row<Who>) {
  const conditions = Object.keys(context).length === 0 ? "" : ` with ${JSON.stringify(context)}`;
  return [`${who}: ${action} on ${resource.split(":").at(-1)}${conditions}`, who, action, resource, context] as const;
}
