import { ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectVersion } from "../ports.ts";
import { awsError } from "./aws-errors.ts";

/** Lists the versions in a bucket, delete markers among them, for an archive below a prefix. Throws ArchiverError. */
export const createS3Versions = (
  { bucket, prefix: root = "" }: { readonly bucket: string; readonly prefix?: string },
  client: S3Client,
) =>
  async function* versions(prefix: string): AsyncIterable<ObjectVersion> {
    const folder = root === "" ? "" : `${root.replace(/\/$/, "")}/`;
    let after: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } = {};
    for (;;) {
      const query = { Bucket: bucket, Prefix: folder + prefix, ...after };
      const page = await client.send(new ListObjectVersionsCommand(query)).catch((error: unknown) => {
        throw awsError(error, `list the versions of ${folder}${prefix}`, `bucket ${bucket}`);
      });
      const keyOf = (Key: string | undefined) => (Key ?? "").slice(folder.length);
      for (const { Key } of page.Versions ?? []) yield { key: keyOf(Key), isMarker: false };
      for (const { Key } of page.DeleteMarkers ?? []) yield { key: keyOf(Key), isMarker: true };
      if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
      after = {
        KeyMarker: page.NextKeyMarker,
        ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
      };
    }
  };
