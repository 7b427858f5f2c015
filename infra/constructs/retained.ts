import { RemovalPolicy } from "aws-cdk-lib";

/**
 * For what outlives the stack. Only if the deployment that creates it fails is it removed again: it is empty then, and the
 * next attempt would create another beside it.
 */
export const RETAINED = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
