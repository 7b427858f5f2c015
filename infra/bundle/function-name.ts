/** The functions of the stack. */
export const FUNCTION_NAMES = ["archiver", "sealer", "verifier"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
