/** Version of the code, put in by the bundler; segments and seals name it. */
declare const WRITER_VERSION: string;
export const writer = typeof WRITER_VERSION === "undefined" ? "unbundled" : WRITER_VERSION;
