/**
 * verify-device, step by step: a device that joined shows its line, its processors and Ray, in this order
 * and one at a time. What is lost on the way is asked for again; what fails three times ends it, and says
 * why.
 */
import { minuteMs } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { executionOf } from '../../shared/devices/verification.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import { startMs } from '../support/runtime.ts';
import { hired } from './builders.ts';
import { twoGpus, verifyingSetup } from './verifying.ts';

/** Rounds that calibrate a CPU. */
const calibrating = protocolPolicy.calibration.runs + 1;

const eventsOf = async (setup: Awaited<ReturnType<typeof verifyingSetup>>) => {
  const { events } = await listDeviceEvents(setup.runtime.database, setup.id, { limit: 20 });
  return events.map(({ kind }) => kind).reverse();
};

describe('a verification that goes well', () => {
  it('asks a CPU for speed, for the runs of its calibration, and for Ray, one after the other', async () => {
    const setup = await verifyingSetup();
    const { start, round, kinds, answerSpeed, answerProofs, answerRay, device } = setup;
    await start();
    expect(
      await round(async () => {
        expect(await kinds()).toEqual(['test_speed']);
        await answerSpeed();
      }),
    ).toBe('wait');
    for (let run = 0; run < calibrating; run += 1) {
      expect((await device()).provedAtMs).toBeNull();
      expect(
        await round(async () => {
          expect(await kinds()).toEqual(['prove']);
          await answerProofs();
        }),
      ).toBe('wait');
    }
    expect(await device()).toMatchObject({ provedGops: 120, connectivityTier: 2 });
    expect(
      await round(async () => {
        expect(await kinds()).toEqual(['test_ray']);
        await answerRay();
      }),
    ).toBe('ready');
    expect(await setup.verification()).toMatchObject({
      status: 'ready',
      endedAtMs: setup.runtime.clock.ms,
      rounds: calibrating,
      failedRounds: 0,
    });
    expect(await eventsOf(setup)).toEqual([
      'device.speed_tested',
      'device.proved',
      'device.ray_tested',
    ]);
    expect(await kinds()).toEqual([]);
  });

  it('challenges all processors at once, with one t0 and secrets of their own', async () => {
    const { start, round, asked, answerSpeed, answerProofs, device } =
      await verifyingSetup(twoGpus);
    await start();
    await round(answerSpeed);
    await round(async () => {
      const challenges = await asked();
      expect(challenges.map(({ gpu_index }) => gpu_index).sort()).toEqual([0, 1]);
      expect(new Set(challenges.map(({ issued_at }) => issued_at)).size).toBe(1);
      expect(new Set(challenges.map(({ challenge }) => challenge)).size).toBe(2);
      expect(
        challenges.every(({ purpose, params }) => purpose === 'onboarding' && params.P > 0),
      ).toBe(true);
      await answerProofs();
    });
    expect(await device()).toMatchObject({ provedGops: 240 });
  });

  it('finds a device proved whose last two proofs ended at one moment', async () => {
    const { start, round, answerSpeed, answerProofs, device, runtime } =
      await verifyingSetup(twoGpus);
    await start();
    await round(answerSpeed);
    await round(async () => {
      await answerProofs();
      // Neither of them saw the other: the device was not written.
      const { provedAtMs: _, ...proved } = await device();
      const lost = changed({ ...proved, provedAtMs: null, provedGops: null }, {});
      await runtime.database.write(putDevice(lost));
    });
    expect((await device()).provedAtMs).toBeNull();
    await round();
    expect((await device()).provedAtMs).not.toBeNull();
  });

  it('takes processors as proved that nothing can be measured by', async () => {
    const { start, round, answerSpeed, device, kinds } = await verifyingSetup({
      ...twoGpus,
      model: 'RTX 2000 Ada',
    });
    await start();
    await round(answerSpeed);
    await round();
    expect(await kinds()).toEqual([]);
    expect(await device()).toMatchObject({ provedGops: null });
    expect((await device()).provedAtMs).not.toBeNull();
  });
});

describe('what is asked of a device', () => {
  it('is asked once while it is open, however often the workflow looks', async () => {
    const { start, round, commands, answerSpeed } = await verifyingSetup();
    await start();
    await round();
    const [first] = await commands();
    await round();
    expect(await commands()).toEqual([first]);
    await round(answerSpeed);
    await round();
    const proofs = await commands();
    await round();
    expect(await commands()).toEqual(proofs);
  });

  it('is asked again when nobody answered: a lost push condemns no device', async () => {
    const { start, round, commands, answerSpeed, answerProofs, answerRay, verification } =
      await verifyingSetup();
    await start();
    await round(); // The speed test is lost.
    for (let rounds = 0; rounds < 4; rounds += 1) expect(await round()).toBe('wait');
    await round(answerSpeed);
    expect(await verification()).toMatchObject({ speedTests: 2 });
    await round(() => answerProofs(() => 'expired'));
    await round(() => answerProofs(() => 'expired'));
    for (let run = 0; run < calibrating; run += 1) expect(await round(answerProofs)).toBe('wait');
    expect(await verification()).toMatchObject({ failedRounds: 2 });
    await round(); // The test of Ray is lost.
    const [lost] = await commands();
    for (let rounds = 0; rounds < 6; rounds += 1) await round();
    expect((await commands()).length).toBe(2);
    expect((await commands()).at(-1)?.command_id).not.toBe(lost?.command_id);
    expect(await round(answerRay)).toBe('ready');
  });

  it('costs a device nothing that has joined and whose agent does not run yet', async () => {
    const { start, round, neverHeard, answerSpeed, verification, kinds } = await verifyingSetup();
    await neverHeard();
    await start();
    for (let rounds = 0; rounds < 35; rounds += 1) expect(await round()).toBe('wait');
    expect(await verification()).toMatchObject({ speedTests: 0 });
    // The command waits in its box.
    expect(await kinds()).toEqual(['test_speed']);
    expect(await round(answerSpeed)).toBe('wait');
  });

  it('begins no proof while a slot may call the processors', async () => {
    const { start, round, answerSpeed, kinds, runtime } = await verifyingSetup();
    await start();
    await round(answerSpeed);
    // A CPU that is not calibrated is not called: no slot holds it up.
    runtime.clock.ms = Math.ceil(runtime.clock.ms / (10 * minuteMs)) * 10 * minuteMs;
    await round();
    expect(await kinds()).toEqual(['prove']);
  });
});

describe('a round in which one processor failed', () => {
  it('makes all of them prove themselves again, at once', async () => {
    const { start, round, asked, answerSpeed, answerProofs, device } =
      await verifyingSetup(twoGpus);
    await start();
    await round(answerSpeed);
    await round(() => answerProofs((index) => (index === 0 ? 'passed' : 'failed')));
    // GPU 0 has passed, and passes no more than that: now it is the other one's turn to fail.
    await round(async () => {
      expect(await asked()).toHaveLength(2);
      await answerProofs((index) => (index === 1 ? 'passed' : 'failed'));
    });
    expect((await device()).provedAtMs).toBeNull();
    await round(() => answerProofs());
    expect((await device()).provedAtMs).not.toBeNull();
  });

  it('is tried three times', async () => {
    const setup = await verifyingSetup(twoGpus);
    const { start, round, answerSpeed, answerProofs, device } = setup;
    await start();
    await round(answerSpeed);
    const one = (index: number) => (index === 0 ? ('passed' as const) : ('failed' as const));
    expect(await round(() => answerProofs(one))).toBe('wait');
    expect(await round(() => answerProofs(one))).toBe('wait');
    expect(await round(() => answerProofs(one))).toBe('failed');
    expect(await device()).toMatchObject({ verifyFailure: 'proof_failed', provedAtMs: null });
    expect(await eventsOf(setup)).toContain('device.verification_failed');
  });
});

describe('a verification that fails', () => {
  const slow = { tier: 0, downKbps: 1_000, upKbps: 1_000, roundTripMs: 20 } as const;

  it('says that the line is too slow after three tests, and is not begun again within the hour', async () => {
    const { start, round, answerSpeed, device, verification, started, runtime, kinds } =
      await verifyingSetup();
    await start();
    expect(await round(() => answerSpeed(slow))).toBe('wait');
    expect(await round(() => answerSpeed(slow))).toBe('wait');
    expect(await round(() => answerSpeed(slow))).toBe('failed');
    expect(await device()).toMatchObject({ verifyFailure: 'line_too_slow' });
    const { retryFromMs, failures } = await verification();
    expect([retryFromMs - runtime.clock.ms, failures]).toEqual([60 * minuteMs, 1]);
    await start();
    expect(started()).toHaveLength(1);
    runtime.clock.ms = retryFromMs;
    await start();
    expect(started()).toHaveLength(2);
    await round(() => answerSpeed());
    // What is passed is no failure any more.
    expect(await device()).toMatchObject({ verifyFailure: null, connectivityTier: 2 });
    await round();
    expect(await kinds()).toEqual(['prove']);
  });

  it('says that nobody answered', async () => {
    const { start, round, device } = await verifyingSetup();
    await start();
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'failed' && outcomes.length < 30) outcomes.push(await round());
    expect(outcomes.at(-1)).toBe('failed');
    expect(await device()).toMatchObject({ verifyFailure: 'speed_test_unanswered' });
  });

  it('says that proofs failed or were not answered', async () => {
    for (const [outcome, failure] of [
      ['failed', 'proof_failed'],
      ['expired', 'proof_unanswered'],
    ] as const) {
      const { start, round, answerSpeed, answerProofs, device } = await verifyingSetup();
      await start();
      await round(answerSpeed);
      const outcomes: string[] = [];
      for (let rounds = 0; rounds < 3; rounds += 1) {
        outcomes.push(await round(() => answerProofs(() => outcome)));
      }
      expect(outcomes).toEqual(['wait', 'wait', 'failed']);
      expect(await device()).toMatchObject({ verifyFailure: failure });
    }
  });

  it('says that Ray failed', async () => {
    const shown = {
      connectivityTier: 2,
      speedTestedAtMs: startMs,
      downKbps: 1,
      upKbps: 1,
    } as const;
    const { start, round, answerProofs, answerRay, device } = await verifyingSetup({
      ...shown,
      ...twoGpus,
    });
    await start();
    await round(answerProofs);
    const fail = () => answerRay(false);
    expect(await round(fail)).toBe('wait');
    expect(await round(fail)).toBe('wait');
    expect(await round(fail)).toBe('failed');
    expect(await device()).toMatchObject({ verifyFailure: 'ray_test_failed' });
  });

  it('through a fault of the platform says that too, and does nothing when it is over', async () => {
    const { start, abandon, device, verification } = await verifyingSetup();
    await start();
    expect(await abandon()).toEqual({ outcome: 'failed' });
    expect(await device()).toMatchObject({ verifyFailure: 'platform_fault' });
    const over = await verification();
    expect(over.status).toBe('failed');
    await abandon();
    expect(await verification()).toEqual(over);
  });
});

describe('the workflow', () => {
  it('is woken at once where there is nothing to wait for', async () => {
    const { start, round, woken, runtime, device, verification } = await verifyingSetup();
    await start();
    await round();
    expect(woken).toEqual([]);
    await runtime.database.write(putDevice(changed(await device(), hired)));
    expect(await round()).toBe('left');
    expect(woken).toEqual(['token-2']);
    expect(await verification()).toMatchObject({ status: 'left', failures: 0 });
    // A second look at one that is over changes nothing.
    const over = await verification();
    expect(await round()).toBe('left');
    expect(await verification()).toEqual(over);
  });

  it('is started once for each verification, under its name', async () => {
    const { start, started, verification } = await verifyingSetup();
    await Promise.all([start(), start(), start()]);
    const name = executionOf(await verification());
    // Starting a name again is a success that does nothing.
    expect(new Set(started())).toEqual(new Set([name]));
  });

  it('is started by the next who comes when the first one died before it did', async () => {
    const { start, started, runtime, verification } = await verifyingSetup();
    const { workflows } = runtime;
    const { start: real } = workflows;
    workflows.start = async () => {
      throw new Error('died');
    };
    await expect(start()).rejects.toThrow('died');
    workflows.start = real;
    runtime.clock.ms += minuteMs;
    await start();
    expect(started()).toEqual([executionOf(await verification())]);
  });

  it('leaves a device of which no verification goes on', async () => {
    const { round } = await verifyingSetup();
    expect(await round()).toBe('left');
  });
});
