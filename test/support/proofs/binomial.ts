/** Exact binomial probabilities, for tests that compare counts with theory. */

const logFactorials: number[] = [0];

const logFactorial = (n: number): number => {
  for (let k = logFactorials.length; k <= n; k += 1) {
    logFactorials.push((logFactorials[k - 1] as number) + Math.log(k));
  }
  return logFactorials[n] as number;
};

/** The probability of exactly k successes in n trials. */
export const binomialProbability = (n: number, k: number, p: number): number => {
  if (p === 0 || p === 1) return k === n * p ? 1 : 0;
  const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
};

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The counts that n trials of probability p stay within, but for at most (1 - confidence) / 2 on each side:
 * the central interval of the exact distribution.
 */
export const binomialInterval = (n: number, p: number, confidence = 0.999): Interval => {
  const tail = (1 - confidence) / 2;
  let low = 0;
  for (let below = binomialProbability(n, 0, p); below <= tail && low < n; ) {
    low += 1;
    below += binomialProbability(n, low, p);
  }
  let high = n;
  for (let above = binomialProbability(n, n, p); above <= tail && high > 0; ) {
    high -= 1;
    above += binomialProbability(n, high, p);
  }
  return { low, high };
};
