/**
 * Which model another card can pose as with profit. The emission follows multipliers, and multipliers do
 * not follow capacity: a card that reaches the thresholds of a model with a larger multiplier earns more
 * under its name, and a large card may serve several claims at once, for they are worked off one after the
 * other. Its answers can always be slowed down, so the cap of the claimed model stops only the careless.
 * What every card is thought to reach is nine tenths of its dense peak. Data for operators who set
 * multipliers; decides nothing. Pure.
 */
import { models } from '../market/catalogue.ts';
import { poolPercentMin, protocolPercentages } from './protocol/decide.ts';
import { aliasesOf, ownSizeClassOf, referenceRowOf } from './reference-table.ts';
import type { SizeClass } from './size-class.ts';

/** A model as the report sees it. */
export interface ReportedModel {
  readonly model: string;
  /** Hundredths. */
  readonly multiplierHundredths: number;
  /** Null for models without a peak: they earn no reward. */
  readonly measured: {
    readonly sizeClass: SizeClass;
    readonly refGops: number;
    readonly capGops: number;
    /** 10^6 bytes per second. */
    readonly mbps: number;
    readonly memoryGib: number;
    /** Reward multiplier per 1000 TOPS of dense peak, in hundredths. */
    readonly multiplierPerPetaops: number;
  } | null;
  readonly aliases: readonly string[];
  /** Cards that can pose as this model and earn more by it, the largest gain first. */
  readonly posers: readonly Poser[];
}

export interface Poser {
  readonly model: string;
  /** How many of the claimed model one card can be at once. */
  readonly claims: number;
  /** What it earns by them over what it earns as itself; infinite where that is nothing. */
  readonly gain: number;
  /** Its speed is above the claimed model's cap, so it has to slow its answers down. */
  readonly slowed: boolean;
}

/** Share of the dense peak that the best kernel is thought to reach, in percent. */
const kernelPercent = 90;

const known = models.filter(({ kind }) => kind === 'gpu');

interface Card {
  readonly model: string;
  readonly multiplier: number;
  readonly refGops: number;
  readonly capGops: number;
  readonly gbps: number;
  readonly memoryGib: number;
}

/** The cards with a reference at that time. */
const cardsAt = (atMs: number): readonly Card[] =>
  known.flatMap(({ model, rewardMultiplierHundredths, memoryGbps, memoryGib }) => {
    const sizeClass = ownSizeClassOf(model);
    const row = sizeClass && referenceRowOf(model, sizeClass, atMs);
    if (!row || memoryGib === null || memoryGbps === null) return [];
    const { refGops, capGops } = row;
    const multiplier = rewardMultiplierHundredths;
    return [{ model, multiplier, refGops, capGops, gbps: memoryGbps, memoryGib }];
  });

/** How many of the claimed model a card can be at once; 0: not even one. */
const claimsOf = (card: Card, claimed: Card): number => {
  const { throughputPercentMin, bandwidthPercentMin } = protocolPercentages;
  const speed = card.capGops * kernelPercent;
  const bySpeed = Math.floor(speed / (claimed.refGops * throughputPercentMin));
  const byBandwidth = Math.floor((card.gbps * 100) / (claimed.gbps * bandwidthPercentMin));
  const byMemory = Math.floor((card.memoryGib * 100) / (claimed.memoryGib * poolPercentMin));
  return Math.min(bySpeed, byBandwidth, byMemory);
};

const posersOf = (claimed: Card, cards: readonly Card[]): readonly Poser[] =>
  cards
    .filter(({ model }) => model !== claimed.model)
    .map((card) => {
      const claims = claimsOf(card, claimed);
      return {
        model: card.model,
        claims,
        gain: (claims * claimed.multiplier) / card.multiplier,
        slowed: card.capGops * kernelPercent > claimed.capGops * 100,
      };
    })
    .filter(({ claims, gain }) => claims > 0 && gain > 1)
    .sort((a, b) => b.gain - a.gain);

/** The report at that time, in the catalogue's order. */
export const referenceReport = (atMs: number): readonly ReportedModel[] => {
  const cards = cardsAt(atMs);
  return known.map(({ model, rewardMultiplierHundredths, peakTops }) => {
    const card = cards.find((one) => one.model === model);
    const sizeClass = ownSizeClassOf(model);
    return {
      model,
      multiplierHundredths: rewardMultiplierHundredths,
      measured:
        card && sizeClass && peakTops !== null
          ? {
              sizeClass,
              refGops: card.refGops,
              capGops: card.capGops,
              mbps: card.gbps * 1000,
              memoryGib: card.memoryGib,
              multiplierPerPetaops: Math.round((rewardMultiplierHundredths * 1000) / peakTops),
            }
          : null,
      aliases: aliasesOf(model),
      posers: card ? posersOf(card, cards) : [],
    };
  });
};

/** Processors that are calibrated one by one: nothing measured tells their names apart. */
export const calibratedModels: readonly { model: string; multiplierHundredths: number }[] = models
  .filter(({ kind }) => kind === 'cpu')
  .map(({ model, rewardMultiplierHundredths }) => ({
    model,
    multiplierHundredths: rewardMultiplierHundredths,
  }));
