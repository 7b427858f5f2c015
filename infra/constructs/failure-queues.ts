import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** The longest retention that SQS allows. */
const KEPT = Duration.days(14);

/**
 * Records of what failed, for whoever investigates. Messages need no processing: the next scheduled run is the retry.
 */
export class FailureQueues extends Construct {
  /** Runs that failed: Lambda's record with the error, and the event itself as a dead letter. */
  readonly failedRuns: Queue;
  /** Runs that the scheduler could not start. */
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.failedRuns = this.createQueue("FailedRuns");
    this.undelivered = this.createQueue("Undelivered");
    const reason =
      "It is itself the dead-letter queue of the schedules or the record of failed runs. Nothing consumes its messages, so consuming them cannot fail.";
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
