// One invocation of a bundled handler, as Lambda makes it; then the process ends.
const { handler } = await import(process.env.BENCH_HANDLER);
// To fill a compile cache: it keeps programs by V8's flags, which the handler changes when it first runs.
if (process.env.BENCH_LOAD_ONLY) process.exit(0);
const context = {
  awsRequestId: "bench",
  functionName: "bench",
  memoryLimitInMB: "512",
  getRemainingTimeInMillis: () => 300_000,
};
await handler({ workspace: "1200000000000001", task: "drain" }, context);
process.exit(0);
