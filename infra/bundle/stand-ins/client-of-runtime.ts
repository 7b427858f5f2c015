/**
 * Replaces the client for Parameter Store, which few need and which is large, by that of Lambda's runtime. It is where NODE_PATH
 * says, and there `require` looks on every node, `import` only on one that was changed for it.
 */
import { createRequire } from "node:module";

const client: typeof import("@aws-sdk/client-ssm") = createRequire(import.meta.url)("@aws-sdk/client-ssm");

export const SSM = client.SSM;
