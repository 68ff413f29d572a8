/** POST /v1/proofs/challenges: an operator's recheck of an idle device, never beside a slot. */
import { listCommands } from '../../shared/clusters/command-store.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { testId } from '../devices/builders.ts';
import { calledMachine, gpus, slotLoad } from './called.ts';
import { proofsService } from './service.ts';

const setup = async () => {
  const service = await proofsService();
  const machine = await calledMachine(service);
  // Between two slots.
  service.runtime.clock.ms += 5 * minuteMs;
  const ask = (more: object = {}) =>
    service.call({
      method: 'POST',
      path: '/v1/proofs/challenges',
      key: service.operator,
      body: { device_id: machine.device.id },
      ...more,
    });
  const change = (changes: Partial<Device>) =>
    service.runtime.database.write(putDevice(changed(machine.device, changes)));
  return { ...service, machine, ask, change };
};

describe('createChallenge', () => {
  it('201: a full proof of every processor, with a command for each', async () => {
    const { ask, machine, runtime } = await setup();
    const { status, body } = await ask();
    expect(status).toBe(201);
    const load = slotLoad(machine, 2, runtime.clock.ms);
    expect(body.data).toEqual([
      {
        id: expect.stringMatching(/^chl_/),
        object: 'challenge',
        purpose: 'recheck',
        device_id: machine.device.id,
        processor_id: machine.processor.id,
        params: load.params,
        status: 'issued',
        issued_at: '2026-11-22T12:05:00.000Z',
        commit_until: expect.any(String),
      },
    ]);
    const [command] = await listCommands(runtime.database, machine.device.id);
    expect(command).toMatchObject({ kind: 'prove', challenge_id: body.data[0].id });
    expect(JSON.stringify(body)).not.toContain(
      command?.kind === 'prove' ? command.challenge : 'no command',
    );
  });

  it('201: repeated with the same Idempotency-Key after a crash, issues nothing twice', async () => {
    const { ask, runtime, machine } = await setup();
    const headers = { 'idempotency-key': 'recheck-1' };
    let issued = false;
    runtime.database.faultOf = (writes) => {
      issued ||= writes.some(({ key }) => key.sk === 'CHALLENGE');
      if (issued && writes.some(({ table }) => table === 'requests')) throw new Error('killed');
      return 'none';
    };
    expect((await ask({ headers })).status).toBe(500);
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += minuteMs;
    const again = await ask({ headers });
    expect([again.status, again.body.data.length]).toEqual([201, 1]);
    expect(await listCommands(runtime.database, machine.device.id)).toHaveLength(1);
  });

  it('409 slot_runs: while a slot may have called it, or opens too soon', async () => {
    for (const [minutes, status] of [
      [0, 409],
      [5, 201],
      [9.99, 409],
    ] as const) {
      const { ask, runtime } = await setup();
      runtime.clock.ms += (minutes - 5) * minuteMs;
      const answer = await ask();
      expect([minutes, answer.status]).toEqual([minutes, status]);
      if (status === 409) {
        expect(answer.body.code).toBe('proof.slot_runs');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      }
    }
  });

  it('409 challenge_runs: while the device has another challenge to answer', async () => {
    const { ask, machine, runtime } = await setup();
    expect((await ask()).status).toBe(201);
    const again = await ask();
    expect([again.status, again.body.code]).toEqual([409, 'proof.challenge_runs']);
    expect(await listCommands(runtime.database, machine.device.id)).toHaveLength(1);
  });

  it('409: a hired device, and one that is down', async () => {
    const { ask, change } = await setup();
    const hire = { hiredBy: testId('clu', 1), hiredNode: testId('nod', 1) };
    await change({ ...hire, hiredAtMs: 1, hiredConsent: true });
    expect((await ask()).body.code).toBe('device.hired');
    const other = await setup();
    await other.change({ status: 'down', statusReason: 'heartbeat_lost' });
    expect((await other.ask()).body.code).toBe('device.wrong_status');
  });

  it('422: a device of a model without a reference', async () => {
    const { addMachine, ask } = await setup();
    const { hardware } = gpus();
    const unknown = await addMachine(3, {
      ...gpus(),
      hardware,
      model: 'RTX 5000',
    } as Partial<Device>);
    const answer = await ask({ body: { device_id: unknown.device.id } });
    expect([answer.status, answer.body.code]).toEqual([422, 'proof.unsupported']);
  });

  it('404: no such device', async () => {
    const { ask } = await setup();
    const answer = await ask({ body: { device_id: testId('dev', 99) } });
    expect([answer.status, answer.body.code]).toEqual([404, 'device.not_found']);
  });

  it('403: for owners, also of their own device', async () => {
    const { ask, key } = await setup();
    const answer = await ask({ key });
    expect([answer.status, answer.body.required_scope]).toEqual([403, 'proofs:challenge']);
  });

  it('400: another form', async () => {
    const { ask } = await setup();
    expect((await ask({ body: { device_id: 'x' } })).status).toBe(400);
    expect((await ask({ body: {} })).status).toBe(400);
  });
});
