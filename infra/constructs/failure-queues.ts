import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** The longest that SQS keeps a message. */
const KEPT = Duration.days(14);

/**
 * What went wrong, for whoever looks into it. Nothing has to be done with a message: the next scheduled run is the retry.
 */
export class FailureQueues extends Construct {
  /** Runs that failed: Lambda's record with the error, and the bare event as its dead letter. */
  readonly failedRuns: Queue;
  /** Runs that the scheduler could not start. */
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.failedRuns = this.createQueue("FailedRuns");
    this.undelivered = this.createQueue("Undelivered");
    const reason =
      "Is itself the dead-letter queue of the schedules, and the record of failed runs: nothing consumes it, so nothing can fail to.";
    acknowledge(this, ["solutions"], "SQS3", reason);
    acknowledge(this, ["serverless"], "SQSRedrivePolicy", reason);
  }

  private createQueue(id: string): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: KEPT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
