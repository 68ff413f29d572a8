/**
 * The runtime's errors, which LiteSVM gives as numbers and objects, in the words of a node's JSON
 * answers: `"BlockhashNotFound"` or `{ InstructionError: [0, { Custom: 1 }] }`.
 */
import type { FailedTransactionMetadata } from 'litesvm';

/** What stands under `err` in a node's answers. */
export type TransactionError = string | Readonly<Record<string, unknown>>;

/** In the order of LiteSVM's numbers. */
const transactionErrors = [
  'AccountInUse',
  'AccountLoadedTwice',
  'AccountNotFound',
  'ProgramAccountNotFound',
  'InsufficientFundsForFee',
  'InvalidAccountForFee',
  'AlreadyProcessed',
  'BlockhashNotFound',
  'CallChainTooDeep',
  'MissingSignatureForFee',
  'InvalidAccountIndex',
  'SignatureFailure',
  'InvalidProgramForExecution',
  'SanitizeFailure',
  'ClusterMaintenance',
  'AccountBorrowOutstanding',
  'WouldExceedMaxBlockCostLimit',
  'UnsupportedVersion',
  'InvalidWritableAccount',
  'WouldExceedMaxAccountCostLimit',
  'WouldExceedAccountDataBlockLimit',
  'TooManyAccountLocks',
  'AddressLookupTableNotFound',
  'InvalidAddressLookupTableOwner',
  'InvalidAddressLookupTableData',
  'InvalidAddressLookupTableIndex',
  'InvalidRentPayingAccount',
  'WouldExceedMaxVoteCostLimit',
  'WouldExceedAccountDataTotalLimit',
  'MaxLoadedAccountsDataSizeExceeded',
  'ResanitizationNeeded',
  'InvalidLoadedAccountsDataSizeLimit',
  'UnbalancedTransaction',
  'ProgramCacheHitMaxLimit',
  'CommitCancelled',
];

/** In the order of LiteSVM's numbers. */
const instructionErrors = [
  'GenericError',
  'InvalidArgument',
  'InvalidInstructionData',
  'InvalidAccountData',
  'AccountDataTooSmall',
  'InsufficientFunds',
  'IncorrectProgramId',
  'MissingRequiredSignature',
  'AccountAlreadyInitialized',
  'UninitializedAccount',
  'UnbalancedInstruction',
  'ModifiedProgramId',
  'ExternalAccountLamportSpend',
  'ExternalAccountDataModified',
  'ReadonlyLamportChange',
  'ReadonlyDataModified',
  'DuplicateAccountIndex',
  'ExecutableModified',
  'RentEpochModified',
  'NotEnoughAccountKeys',
  'AccountDataSizeChanged',
  'AccountNotExecutable',
  'AccountBorrowFailed',
  'AccountBorrowOutstanding',
  'DuplicateAccountOutOfSync',
  'InvalidError',
  'ExecutableDataModified',
  'ExecutableLamportChange',
  'ExecutableAccountNotRentExempt',
  'UnsupportedProgramId',
  'CallDepth',
  'MissingAccount',
  'ReentrancyNotAllowed',
  'MaxSeedLengthExceeded',
  'InvalidSeeds',
  'InvalidRealloc',
  'ComputationalBudgetExceeded',
  'PrivilegeEscalation',
  'ProgramEnvironmentSetupFailure',
  'ProgramFailedToComplete',
  'ProgramFailedToCompile',
  'Immutable',
  'IncorrectAuthority',
  'AccountNotRentExempt',
  'InvalidAccountOwner',
  'ArithmeticOverflow',
  'UnsupportedSysvar',
  'IllegalOwner',
  'MaxAccountsDataAllocationsExceeded',
  'MaxAccountsExceeded',
  'MaxInstructionTraceLengthExceeded',
  'BuiltinProgramsMustConsumeComputeUnits',
];

type Failure = ReturnType<FailedTransactionMetadata['err']>;
type Instruction = Extract<Failure, { err(): unknown }>;

const instructionErrorOf = (error: ReturnType<Instruction['err']>): unknown => {
  if (typeof error === 'number') return instructionErrors[error] ?? 'GenericError';
  return 'code' in error ? { Custom: error.code } : { BorshIoError: error.msg };
};

/** One of LiteSVM's failures as a node tells it. */
export const errorOf = (failure: Failure): TransactionError => {
  if (typeof failure === 'number') return transactionErrors[failure] ?? 'SanitizeFailure';
  if ('err' in failure)
    return { InstructionError: [failure.index, instructionErrorOf(failure.err())] };
  if ('index' in failure) return { DuplicateInstruction: failure.index };
  const name = failure.constructor.name.replace('TransactionError', '');
  return { [name]: { account_index: failure.accountIndex } };
};

const sentences: Readonly<Record<string, string>> = {
  AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
  AlreadyProcessed: 'This transaction has already been processed',
  BlockhashNotFound: 'Blockhash not found',
  InsufficientFundsForFee: 'Insufficient funds for fee',
  SignatureFailure: 'Transaction did not pass signature verification',
  SanitizeFailure: 'Transaction failed to sanitize accounts offsets correctly',
};

/** The sentence that a node's messages say it with. */
export const sentenceOf = (error: TransactionError): string => {
  if (typeof error === 'string') return sentences[error] ?? error;
  const [index, cause] = (error['InstructionError'] as [number, unknown] | undefined) ?? [];
  if (index === undefined) return Object.keys(error)[0] ?? 'unknown';
  if (typeof cause === 'string') return `Error processing Instruction ${index}: ${cause}`;
  const code = (cause as { Custom?: number }).Custom ?? 0;
  return `Error processing Instruction ${index}: custom program error: 0x${code.toString(16)}`;
};
