/** The functions of the stack. */
export const FUNCTION_NAMES = ["archiver", "sealer"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
