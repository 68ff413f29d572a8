/** GET /v1/proofs/hours: why an hour counted or not, for its supplier alone. */
import { hourMs, isoOf } from '../../shared/core/time.ts';
import { gateWords } from '../../shared/proofs/gate.ts';
import { putGate } from '../../shared/proofs/gate-store.ts';
import { testId } from '../devices/builders.ts';
import { gpus } from './called.ts';
import { proofsService } from './service.ts';

const setup = async () => {
  const service = await proofsService();
  const { runtime } = service;
  const { device, processor } = await service.addMachine(1, gpus());
  const startMs = Math.floor(runtime.clock.ms / hourMs) * hourMs;
  const call = { source: 'slot', profile: 1, rollCall: false, outcome: 'missed' } as const;
  /** The gates of so many hours before this one, every second one closed. */
  const judged = async (hours: number) => {
    for (let back = 1; back <= hours; back += 1) {
      const hour = startMs - back * hourMs;
      const isOpen = back % 2 === 0;
      await runtime.database.write(
        putGate({
          hourMs: hour,
          processorId: processor.id,
          deviceId: device.id,
          organisationId: device.organisationId,
          reason: isOpen ? null : 'call_missed',
          hired: false,
          calls: isOpen ? [] : [{ ...call, atMs: hour }],
        }),
      );
    }
  };
  const list = (query: object, key?: string) =>
    service.call({
      method: 'GET',
      path: '/v1/proofs/hours',
      query: { device_id: device.id, ...query },
      ...(key ? { key } : {}),
    });
  return { ...service, device, processor, startMs, judged, list };
};

describe('listProofHours', () => {
  it('200: the hours that were judged, newest first, with what helps', async () => {
    const { device, judged, list, processor, startMs } = await setup();
    await judged(2);
    const { status, body } = await list({});
    expect(status).toBe(200);
    const of = { object: 'proof_hour', device_id: device.id, processor_id: processor.id };
    const at = isoOf(startMs - hourMs);
    expect(body.data).toEqual([
      {
        ...of,
        hour: at,
        passed: false,
        reason_code: 'call_missed',
        ...gateWords.call_missed,
        calls: [{ at, source: 'slot', profile: 1, roll_call: false, outcome: 'missed' }],
      },
      {
        ...of,
        hour: isoOf(startMs - 2 * hourMs),
        passed: true,
        reason_code: null,
        says: null,
        remedy: null,
        calls: [],
      },
    ]);
  });

  it('200: as many hours as asked for, at most 48', async () => {
    const { judged, list } = await setup();
    await judged(50);
    expect((await list({})).body.data).toHaveLength(24);
    expect((await list({ hours: '48' })).body.data).toHaveLength(48);
    for (const hours of ['49', '0', 'x']) expect((await list({ hours })).status).toBe(400);
  });

  it('404: somebody else’s device, and none at all, alike', async () => {
    const { judged, list, stranger } = await setup();
    await judged(1);
    const unknown = await list({ device_id: testId('dev', 99) });
    const foreign = await list({}, stranger);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'device.not_found']);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  });
});
