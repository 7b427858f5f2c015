/** Replaces the SDK's event streams, which only operations such as S3 Select use. Saves 15 KB. */
export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;

export const eventStreamSerdeProvider = (): never => {
  throw new Error("This bundle does not support event streams.");
};
