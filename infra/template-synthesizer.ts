import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Aws,
  CfnParameter,
  type FileAssetLocation,
  type FileAssetSource,
  type ISynthesisSession,
  type Stack,
  StackSynthesizer,
  Stage,
} from "aws-cdk-lib";

/** Where in a bucket the files are expected, unless the deployment says otherwise. */
export const CODE_PREFIX = "asana-audit-archive/";

/**
 * Synthesises for a plain CloudFormation deployment, without the bucket and the roles of `cdk bootstrap`: the functions' code is
 * in a bucket of one's own, and a role of one's own deploys. Both are parameters of the template.
 */
export class TemplateSynthesizer extends StackSynthesizer {
  /** The files that belong beside the template: their paths, by name. */
  readonly files = new Map<string, string>();
  private code: { readonly bucket: CfnParameter; readonly prefix: CfnParameter } | null = null;
  private role: CfnParameter | null = null;

  /** The app has one stack. */
  reusableBind(stack: Stack): this {
    this.bind(stack);
    return this;
  }

  /** As the CDK's own synthesizers call it. Asked for only where no setting names the role. */
  get cloudFormationExecutionRoleArn(): string {
    this.role ??= new CfnParameter(this.boundStack, "DeploymentRole", {
      description:
        "Name of the role that deploys this stack: the one that CloudFormation is given, else the one whose credentials create the " +
        "stack. From then on only it may change the policies of buckets and keys.",
      allowedPattern: "[A-Za-z0-9+=,.@_-]{1,64}",
      constraintDescription: "the name of a role of this account, without a path",
    });
    return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${this.role.valueAsString}`;
  }

  addFileAsset({ fileName = "" }: FileAssetSource): FileAssetLocation {
    const path = join(Stage.of(this.boundStack)!.outdir, fileName);
    const name = `${createHash("sha256").update(readFileSync(path)).digest("hex")}.zip`;
    this.files.set(name, path);
    this.code ??= {
      bucket: new CfnParameter(this.boundStack, "CodeBucket", {
        description: "Name of the bucket, in the region of the stack, into which this folder was put.",
      }),
      prefix: new CfnParameter(this.boundStack, "CodePrefix", {
        description:
          "What the keys of this folder's files begin with in that bucket, up to the last slash; may be empty.",
        default: CODE_PREFIX,
        allowedPattern: "(.*/)?",
        constraintDescription: "empty, or ending with a slash",
      }),
    };
    const [bucketName, objectKey] = [this.code.bucket.valueAsString, `${this.code.prefix.valueAsString}${name}`];
    const s3ObjectUrl = `s3://${bucketName}/${objectKey}`;
    return { bucketName, objectKey, s3ObjectUrl, httpUrl: `https://${bucketName}.s3.${Aws.URL_SUFFIX}/${objectKey}` };
  }

  addDockerImageAsset(): never {
    throw new Error("A template cannot hold a Docker image.");
  }

  synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }
}
