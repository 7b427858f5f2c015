/**
 * Replaces the cache of endpoint discovery. The DynamoDB client creates one, but none of the operations in use needs it.
 * Saves 8 KB, most of it a general-purpose cache.
 */
export class EndpointCache {}
