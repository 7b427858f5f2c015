/** Glue and S3 on this machine, filled from a synthesised template. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { freePort, MOTO_SERVER, type Program, startProgram } from "./programs.ts";

export interface Emulator extends Program {
  readonly url: string;
  readonly s3: S3Client;
  createBucket(name: string): Promise<void>;
  /** One call of Glue's API. */
  glue(action: string, input: object): Promise<unknown>;
}

export async function startEmulator(folder: string): Promise<Emulator> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await startProgram(MOTO_SERVER, ["-H", "127.0.0.1", "-p", String(port)], {
    cwd: folder,
    isReady: async () => (await fetch(`${url}/moto-api/`)).ok,
  });
  const s3 = new S3Client({
    endpoint: url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  return {
    url,
    s3,
    createBucket: async (name) => {
      await s3.send(new CreateBucketCommand({ Bucket: name }));
    },
    glue: (action, input) => callGlue(url, action, input),
    stop: async () => {
      s3.destroy();
      await program.stop();
    },
  };
}

async function callGlue(url: string, action: string, input: object): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSGlue.${action}`,
      // The emulator only reads the service from it.
      Authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=test",
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
  return await response.json();
}
