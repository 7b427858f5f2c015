/** Whether this runs from the TypeScript of a checkout; else it was built, and lies in somebody's `node_modules`. */
export const isCheckout = import.meta.filename.endsWith(".ts");
