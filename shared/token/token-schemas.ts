/** What crosses the boundary about the own mint and the supply of the token. */
import * as z from 'zod';
import { moneySchema, moneyToJson } from '../core/money.ts';
import { solanaAddressSchema } from '../core/solana-address.ts';
import { isoOf, isoOrNull } from '../core/time.ts';
import { isoSchema } from '../core/wire.ts';
import {
  type AllocationName,
  allocationNames,
  allocations,
  capUnits,
  genesisUnits,
  type Issuance,
  type IssuanceState,
  type IssuanceStatus,
  issuedUnits,
} from './issuance.ts';

const walletsSchema = z.strictObject({
  seed: solanaAddressSchema,
  series_a: solanaAddressSchema,
  core: solanaAddressSchema,
  ecosystem: solanaAddressSchema,
  community: solanaAddressSchema,
} satisfies Record<AllocationName, typeof solanaAddressSchema>);

/** PUT /v1/token/genesis: the wallet of each allocation; five different ones. */
export const setGenesisSchema = z
  .strictObject({ wallets: walletsSchema })
  .meta({ id: 'SetGenesis' });

const allocationSchema = z.strictObject({
  name: z.enum(allocationNames as [AllocationName, ...AllocationName[]]),
  wallet: z.string(),
  token_account: z.string(),
  amount: moneySchema,
});

const genesisStatuses = ['ordered', 'sent', 'final', 'done'] as const;

export const genesisSchema = z
  .strictObject({
    object: z.literal('genesis'),
    /** `ordered`: not signed yet. `sent`: may land. `final`: on the chain for good. `done`: noted. */
    status: z.enum(genesisStatuses),
    /** Address of the mint, which follows from the treasury's wallet. */
    mint: z.string(),
    allocations: z.array(allocationSchema),
    /** The transaction that made the mint and the allocations; null before it is final. */
    transaction: z.string().nullable(),
    ordered_at: isoSchema,
    done_at: isoSchema.nullable(),
  })
  .meta({ id: 'Genesis', description: 'The making of the own mint, and its allocations.' });

export const tokenSupplySchema = z
  .strictObject({
    object: z.literal('token_supply'),
    mode: z.enum(['own', 'existing']),
    /** Address of the mint; null: it is not known yet. */
    mint: z.string().nullable(),
    /** What is ever minted, at most. Null, as what was minted, for a token that others mint. */
    cap: moneySchema.nullable(),
    /** By finalized transactions, without what was burned since. */
    minted: z
      .strictObject({ genesis: moneySchema, emission: moneySchema, total: moneySchema })
      .nullable(),
    genesis: genesisSchema.nullable(),
    last_mint: z
      .strictObject({
        /** Day of rewards, from 0: the hours 24 x day to 24 x day + 23. */
        day: z.int().min(0),
        amount: moneySchema,
        transaction: z.string(),
        /** As it stands on the chain: the SHA-256 of the day's statement roots, joined by line feeds. */
        memo: z.string(),
        minted_at: isoSchema,
      })
      .nullable(),
    /** Released for hours of rewards, and not minted yet. Null for a token that others mint. */
    not_yet_minted: moneySchema.nullable(),
    /** Released for hours of rewards so far. Null for a token that others mint. */
    emitted: moneySchema.nullable(),
    /** Released, and earned by nobody. */
    unallocated: moneySchema,
    /** Staked on devices, what cools down too. */
    staked: moneySchema,
    /** Left of what was given for rewards; null for an own token. */
    reward_fund: moneySchema.nullable(),
    /** What the chain said when it was last looked at; null before. */
    chain: z
      .strictObject({
        supply: moneySchema,
        /** Minted and no more there. Null for a token that others mint. */
        burned: moneySchema.nullable(),
        checked_at: isoSchema,
      })
      .nullable(),
  })
  .meta({
    id: 'TokenSupply',
    description: 'How much of the token there is, and where it came from.',
  });

const io = (units: bigint) => moneyToJson({ asset: 'io', units });

const genesisStatusOf: Readonly<Record<IssuanceStatus, (typeof genesisStatuses)[number]>> = {
  open: 'ordered',
  signed: 'sent',
  landed: 'final',
  done: 'done',
};

export const genesisToJson = (genesis: Issuance): z.input<typeof genesisSchema> => ({
  object: 'genesis',
  status: genesisStatusOf[genesis.status],
  mint: genesis.mint,
  allocations: allocationNames.map((name, at) => ({
    name,
    wallet: genesis.receipts[at]?.wallet ?? '',
    token_account: genesis.receipts[at]?.tokenAccount ?? '',
    amount: io(allocations[name]),
  })),
  transaction: genesis.signature,
  ordered_at: isoOf(genesis.openedAtMs),
  done_at: isoOrNull(genesis.doneAtMs),
});

/** What is stored about the supply; base units. */
export interface SupplyFacts {
  /** Undefined until genesis was ordered, or where others mint. */
  readonly state: IssuanceState | undefined;
  readonly genesis: Issuance | undefined;
  readonly lastMint: Issuance | undefined;
  readonly notYetMintedUnits: bigint;
  readonly unallocatedUnits: bigint;
  readonly stakedUnits: bigint;
  readonly fundUnits: bigint;
  /** The mint, and its supply when it was last looked at. */
  readonly mint: string | undefined;
  readonly chain: { readonly units: bigint; readonly checkedAtMs: number } | undefined;
}

const chainToJson = (
  chain: NonNullable<SupplyFacts['chain']>,
  grossUnits: bigint | undefined,
): z.input<typeof tokenSupplySchema>['chain'] => {
  // Looked at after a mint landed and before it was noted, there is more than we know of.
  const burned = grossUnits === undefined ? null : grossUnits - chain.units;
  return {
    supply: io(chain.units),
    burned: burned === null ? null : io(burned > 0n ? burned : 0n),
    checked_at: isoOf(chain.checkedAtMs),
  };
};

const lastMintToJson = (minted: Issuance): z.input<typeof tokenSupplySchema>['last_mint'] => ({
  day: minted.day ?? 0,
  amount: io(issuedUnits(minted)),
  transaction: minted.signature ?? '',
  memo: minted.memo,
  minted_at: isoOf(minted.doneAtMs ?? minted.openedAtMs),
});

/** The supply of a token of our own. */
export const ownSupplyToJson = (facts: SupplyFacts): z.input<typeof tokenSupplySchema> => {
  const { state, genesis, lastMint, chain, mint } = facts;
  const grossUnits = state?.grossUnits ?? 0n;
  const atGenesis = state?.isGenesisDone ? genesisUnits : 0n;
  return {
    object: 'token_supply',
    mode: 'own',
    mint: state?.mint ?? mint ?? null,
    cap: io(capUnits),
    minted: {
      genesis: io(atGenesis),
      emission: io(grossUnits - atGenesis),
      total: io(grossUnits),
    },
    genesis: genesis ? genesisToJson(genesis) : null,
    last_mint: lastMint ? lastMintToJson(lastMint) : null,
    not_yet_minted: io(facts.notYetMintedUnits),
    emitted: io(facts.notYetMintedUnits + grossUnits - atGenesis),
    unallocated: io(facts.unallocatedUnits),
    staked: io(facts.stakedUnits),
    reward_fund: null,
    chain: chain ? chainToJson(chain, grossUnits) : null,
  };
};

/** The supply of a token that others mint. */
export const existingSupplyToJson = (facts: SupplyFacts): z.input<typeof tokenSupplySchema> => ({
  object: 'token_supply',
  mode: 'existing',
  mint: facts.mint ?? null,
  ...{ cap: null, minted: null, genesis: null, last_mint: null },
  ...{ not_yet_minted: null, emitted: null },
  unallocated: io(facts.unallocatedUnits),
  staked: io(facts.stakedUnits),
  reward_fund: io(facts.fundUnits),
  chain: facts.chain ? chainToJson(facts.chain, undefined) : null,
});
