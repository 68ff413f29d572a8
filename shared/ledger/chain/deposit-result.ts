/** What became of an arrival or a claim, read from its transfer as it was committed. Pure. */
import { BugError } from '../../core/assert.ts';
import { type AccountKind, readAccount } from '../account.ts';
import { type Transfer, unitsOn } from '../transfer.ts';

export interface DepositResult {
  readonly ended: 'credited' | 'staked' | 'suspense' | 'treasury';
  /** What the organisation got, the part that paid its debt included; micro-dollars. */
  readonly creditUnits: bigint;
  /** The facilitation fee; micro-dollars. */
  readonly feeUnits: bigint;
  /** What was staked; base units of IO. What there was no room for joined the organisation's rewards. */
  readonly stakeUnits: bigint;
}

const nothing = { creditUnits: 0n, feeUnits: 0n, stakeUnits: 0n };

/** Reads the transfer of an arrival or of a claim; a BugError for any other. */
export const depositResultOf = (transfer: Transfer): DepositResult => {
  switch (transfer.code) {
    case 'usdc_deposit':
    case 'io_deposit':
    case 'deposit_claim': {
      const creditUnits = unitsOnKinds(transfer, ['credit', 'debt']);
      const feeUnits = unitsOn(transfer, 'rev:facilitation');
      return { ...nothing, ended: 'credited', creditUnits, feeUnits };
    }
    case 'stake_deposit': {
      const stakeUnits = unitsOnKinds(transfer, ['staked']);
      return { ...nothing, ended: 'staked', stakeUnits };
    }
    case 'unattributed_deposit':
      return { ...nothing, ended: 'suspense' };
    case 'treasury_funding':
    case 'reward_funding':
      return { ...nothing, ended: 'treasury' };
    default:
      throw new BugError(`${transfer.id} is no arrival`);
  }
};

const unitsOnKinds = ({ legs }: Transfer, kinds: readonly AccountKind[]): bigint =>
  legs
    .filter(({ account }) => kinds.includes(readAccount(account).kind))
    .reduce((sum, { units }) => sum + units, 0n);
