/** Stands in for the SDK's event streams, which S3 Select and the like answer with, and no call of ours does: 15 KB. */
export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;

export const eventStreamSerdeProvider = (): never => {
  throw new Error("This bundle has no event streams.");
};
