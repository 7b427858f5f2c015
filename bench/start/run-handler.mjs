// One invocation of a bundled handler, as Lambda makes it; then the process ends.
const { handler } = await import(process.env.BENCH_HANDLER);
const context = {
  awsRequestId: "bench",
  functionName: "bench",
  memoryLimitInMB: "512",
  getRemainingTimeInMillis: () => 300_000,
};
await handler({ workspace: "1200000000000001", task: "drain" }, context);
process.exit(0);
