import type { Node } from "constructs";

/**
 * The settings among an app's context. The CDK's own keys and cached look-ups all hold a colon or a slash
 * (`@aws-cdk/...`, `aws:cdk:...`, `availability-zones:account=...`), ours never do; so a plain word that is no setting
 * is a mistake, and reading the settings refuses it.
 */
export function settingsInContext(node: Node): Record<string, unknown> {
  const context = node.getAllContext() as Record<string, unknown>;
  return Object.fromEntries(Object.entries(context).filter(([name]) => !/[:/]/.test(name)));
}
