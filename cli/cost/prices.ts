/** List prices of AWS in us-east-1, in US dollars, as published in November 2026. Other regions differ by up to a third. */
export const PRICES = {
  lambdaGbSecond: 0.0000133334, // arm64
  lambdaRequest: 0.2e-6,
  s3Put: 5e-6, // also lists
  s3Get: 0.4e-6,
  s3GbMonth: 0.023,
  dynamoWrite: 0.625e-6,
  dynamoRead: 0.125e-6, // a strongly consistent read of up to 4 KB
  schedulerInvocation: 1e-6,
  kmsRequest: 3e-6,
  kmsSignature: 15e-6, // with a key that is not symmetric
  logGb: 0.5,
  athenaGb: 0.005, // of what a query reads, as it is stored
  secretMonth: 0.4,
  secretCall: 5e-6,
  traceRecorded: 5e-6,
  alarmMonth: 0.1,
  metricMonth: 0.3,
  keyMonth: 1, // also each of its first two rotations; later ones are free
  dashboardMonth: 3,
  transferGb: 0.02, // to most other regions
  replicationTimeGb: 0.015,
} as const;
