/**
 * Stands in for the cache of endpoint discovery, which the DynamoDB client makes and none of its operations uses: 8 KB,
 * most of it a general purpose cache.
 */
export class EndpointCache {}
