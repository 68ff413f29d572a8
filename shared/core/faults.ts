/**
 * Faults of the infrastructure that pass by themselves, by the name of the error: an AWS service or its
 * client was busy, cut off or broken for a moment. Whatever met one may be sent again.
 */
export const passingFaults: readonly string[] = [
  'TimeoutError',
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionInProgressException',
];
