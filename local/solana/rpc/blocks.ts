/** The methods about the node and its blocks. */
import * as z from 'zod';
import { blockhashAgeMax } from '../chain/slots.ts';
import { apiVersion, type Method } from './call.ts';
import { nodeBehind } from './rpc-error.ts';

const slotsInEpoch = 432_000;
/** A node that is farther behind says that it is not well. */
const slotsBehindMax = 128;
/** The number that a node's features are known by; nothing here depends on it. */
const featureSet = 3_640_012_085;

export const blockMethods: Readonly<Record<string, Method>> = {
  getHealth: ({ node }) => {
    const behind = node.slotsBehind();
    if (behind > slotsBehindMax) throw nodeBehind(behind);
    return 'ok';
  },
  getVersion: () => ({ 'feature-set': featureSet, 'solana-core': apiVersion }),
  getGenesisHash: ({ node }) => node.chain.slots.blockhash(0),
  getSlot: (call) => call.slot(0),
  getBlockHeight: (call) => call.node.chain.slots.height(call.slot(0)),
  getFirstAvailableBlock: ({ node }) => node.chain.slots.blockAt(0),
  getEpochInfo: (call) => {
    const slot = call.slot(0);
    return {
      absoluteSlot: slot,
      blockHeight: call.node.chain.slots.height(slot),
      epoch: Math.floor(slot / slotsInEpoch),
      slotIndex: slot % slotsInEpoch,
      slotsInEpoch,
      transactionCount: null,
    };
  },
  getLatestBlockhash: (call) => {
    const slot = call.slot(0);
    const { slots } = call.node.chain;
    return call.answer(slot, {
      blockhash: slots.blockhash(slot),
      lastValidBlockHeight: slots.height(slot) + blockhashAgeMax,
    });
  },
  isBlockhashValid: (call) => {
    const slot = call.slot(1);
    const known = call.node.chain.slots.slotOfBlockhash(call.param(0, z.string()), slot);
    return call.answer(slot, known !== undefined);
  },
  getRecentPrioritizationFees: (call) => {
    const { slots, priorityFee } = call.node.chain;
    const newest = call.reached('processed');
    return Array.from({ length: blockhashAgeMax }, (_, index) => ({
      slot: slots.blockAt(newest - (blockhashAgeMax - 1 - index)),
      prioritizationFee: priorityFee,
    }));
  },
};
