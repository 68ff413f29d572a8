/** How hires change the proofs of a device: by consent and price, and not at all in the family. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { hiredAs } from '../../shared/proofs/hired-as.ts';
import { aCluster, anAssignment } from '../clusters/builders.ts';
import { deviceId } from '../market/builders.ts';

const as = (changes: Partial<Cluster> = {}) => hiredAs(aCluster(changes), deviceId(1));
const asPaid = (rateUnitsPerHour: bigint, processors = 1) =>
  as({
    lines: aCluster().lines.map((line) => ({ ...line, processors })),
    assignments: [anAssignment(1, { rateUnitsPerHour })],
  });

describe('a hire', () => {
  it('is proved by micro calls where the customer consented, and by none where not', () => {
    expect(as()).toBe('micro');
    expect(as({ proofConsent: false })).toBe('no_consent');
  });

  it('counts as idle below a quarter of the catalogue’s price of all its processors', () => {
    // An RTX 4090 costs 390,000.
    expect([asPaid(97_500n), asPaid(97_499n)]).toEqual(['micro', 'idle']);
    expect([asPaid(390_000n, 4), asPaid(389_999n, 4)]).toEqual(['micro', 'idle']);
  });

  it('counts as idle between organisations that counted as one when it began', () => {
    const assignments = [anAssignment(1, { linked: true })];
    expect(as({ assignments })).toBe('idle');
    expect(as({ assignments, proofConsent: false })).toBe('no_consent');
  });

  it('is that of the device’s last assignment in the cluster', () => {
    const assignments = [
      anAssignment(1, { rateUnitsPerHour: 1_000n, state: 'replaced' }),
      anAssignment(1),
    ];
    expect(as({ assignments })).toBe('micro');
  });
});
