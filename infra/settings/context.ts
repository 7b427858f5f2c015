import type { Node } from "constructs";

/**
 * The settings in an app's context. The CDK's own keys and cached look-ups all contain a colon or a slash
 * (`@aws-cdk/...`, `aws:cdk:...`, `availability-zones:account=...`); settings never do. So any other unknown key is a
 * mistake, and `readSettings` refuses it.
 */
export function settingsInContext(node: Node): Record<string, unknown> {
  const context = node.getAllContext() as Record<string, unknown>;
  return Object.fromEntries(Object.entries(context).filter(([name]) => !/[:/]/.test(name)));
}
