/** What became of an arrival or a claim, read from its transfer as it was committed. Pure. */
import { BugError } from '../../core/assert.ts';
import { readAccount } from '../account.ts';
import { type Transfer, unitsOn } from '../transfer.ts';

export interface DepositResult {
  readonly ended: 'credited' | 'suspense' | 'treasury';
  /** What the organisation got, the part that paid its debt included; micro-dollars. */
  readonly creditUnits: bigint;
  /** The facilitation fee; micro-dollars. */
  readonly feeUnits: bigint;
}

const nothing = { creditUnits: 0n, feeUnits: 0n };

/** Reads the transfer of an arrival or of a claim; a BugError for any other. */
export const depositResultOf = (transfer: Transfer): DepositResult => {
  switch (transfer.code) {
    case 'usdc_deposit':
    case 'io_deposit':
    case 'deposit_claim':
      return { ended: 'credited', creditUnits: creditIn(transfer), feeUnits: feeIn(transfer) };
    case 'unattributed_deposit':
      return { ended: 'suspense', ...nothing };
    case 'treasury_funding':
      return { ended: 'treasury', ...nothing };
    default:
      throw new BugError(`${transfer.id} is no arrival`);
  }
};

const creditIn = ({ legs }: Transfer): bigint =>
  legs
    .filter(({ account }) => readAccount(account).organisation !== undefined)
    .reduce((sum, { units }) => sum + units, 0n);

const feeIn = (transfer: Transfer): bigint => unitsOn(transfer, 'rev:facilitation');
