import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type IKey, Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { ENVIRONMENT, SIGNING } from "../../lambda/contract.ts";
import type { TrustedRoles } from "./archive-bucket-policy.ts";
import type { Worker } from "./grantee.ts";
import { denyAll, guardKey, WINDOW_DAYS } from "./keys.ts";
import { RETAINED } from "./retained.ts";

export interface SealingKeyProps extends TrustedRoles {
  /** A key of somebody else's, whose policy is theirs to write; null: one is made. */
  readonly sealingKeyArn: string | null;
  /** The key that signed before, while another takes over from it; null: none is named. */
  readonly formerSealingKeyArn: string | null;
  /** The only one who signs. */
  readonly sealer: Worker;
  /** Holds what was signed against the public key. */
  readonly verifier: Worker;
}

/** The key that signs seals. Its private half never leaves KMS; whoever has the public half can check every seal without AWS. */
export class SealingKey extends Construct {
  readonly key: IKey;
  /** The key that hands over; null: none does. */
  readonly former: IKey | null;

  constructor(scope: Construct, id: string, props: SealingKeyProps) {
    super(scope, id);
    const { sealingKeyArn, formerSealingKeyArn, sealer, verifier } = props;
    this.key = sealingKeyArn === null ? this.create(props) : Key.fromKeyArn(this, "ForeignKey", sealingKeyArn);
    this.former = formerSealingKeyArn === null ? null : Key.fromKeyArn(this, "FormerKey", formerSealingKeyArn);
    const keyArns = [this.key, this.former].flatMap((key) => (key === null ? [] : [key.keyArn]));
    for (const worker of [sealer, verifier]) {
      worker.setEnvironment(ENVIRONMENT.sealingKey, this.key.keyArn);
      if (this.former !== null) worker.setEnvironment(ENVIRONMENT.formerSealingKey, this.former.keyArn);
      worker.allow(new PolicyStatement({ sid: "ReadPublicKey", actions: ["kms:GetPublicKey"], resources: keyArns }));
    }
    sealer.allow(
      new PolicyStatement({
        sid: "Sign",
        actions: ["kms:Sign"],
        resources: keyArns,
        conditions: { StringEquals: ONLY_ALGORITHM },
      }),
    );
  }

  private create(props: SealingKeyProps): Key {
    const key = new Key(this, "Key", {
      description: "Asana audit archive: signs seals",
      keySpec: KeySpec[SIGNING.keySpec],
      keyUsage: KeyUsage[SIGNING.keyUsage],
      pendingWindow: Duration.days(WINDOW_DAYS),
      removalPolicy: RETAINED,
    });
    guardKey(key, props);
    const sealerArn = props.sealer.role.roleArn;
    denyAll(key, "OnlyTheSealerSigns", ["kms:Sign"], { ArnNotEquals: { "aws:PrincipalArn": sealerArn } });
    denyAll(key, "OnlyOneAlgorithm", ["kms:Sign"], { StringNotEquals: ONLY_ALGORITHM });
    return key;
  }
}

const ONLY_ALGORITHM = { "kms:SigningAlgorithm": SIGNING.algorithm };
