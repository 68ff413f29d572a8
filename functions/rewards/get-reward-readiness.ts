/**
 * GET /v1/rewards/readiness: how the gates of a device of one's own stand in the hour that runs. Judged by the
 * rules and from the facts that close the hour; proofs are those of the last hour that was judged.
 */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { getGates } from '../../shared/proofs/gate-store.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { closedAfterMs } from '../../shared/rewards/epoch.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { rewardReadinessOf } from '../../shared/rewards/reward-readiness.ts';
import {
  type rewardReadinessQuery,
  rewardReadinessToJson,
} from '../../shared/rewards/reward-schemas.ts';
import { getStake } from '../../shared/rewards/stake-store.ts';
import { requireTokenSettings } from '../../shared/token/token-mode.ts';
import { requireDevice } from '../devices/require-device.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { loadDeviceHours } from './close/load-device-hours.ts';

type ReadinessCall = Call<'key', unknown, z.output<typeof rewardReadinessQuery>, unknown>;

export const getRewardReadiness = async (
  { database, stage, token }: Pick<Runtime, 'database' | 'stage' | 'token'>,
  { caller, query, nowMs }: ReadinessCall,
) => {
  requireTokenSettings(token);
  const device = await requireDevice(database, caller, query.device_id);
  const startMs = Math.floor(nowMs / hourMs) * hourMs;
  const policy = rewardPolicyAt(stage, startMs);
  const [loaded, presence, stake, proofs] = await Promise.all([
    loadDeviceHours(database, [device.id], { startMs, policy, wallets: new Map() }),
    getPresence(database, device.id),
    getStake(database, device.id),
    lastProofs(database, device, startMs),
  ]);
  const { hour } = present(loaded[0], `${device.id} is gone`);
  const activeUnits = stake?.activeUnits ?? 0n;
  const readiness = rewardReadinessOf({
    device,
    hour: { ...hour, processors: proofs.processors, hired: proofs.hired },
    presence,
    proofHourMs: proofs.hourMs,
    activeUnits,
    startMs,
    nowMs,
    policy,
  });
  const closesAtMs = startMs + hourMs + closedAfterMs;
  return rewardReadinessToJson({ device, startMs, closesAtMs, activeUnits }, readiness);
};

/** The last hour or, until that one is judged, the one before it. */
const hoursBack = [1, 2];

/** What became of the processors' proofs in the last hour that was judged. */
const lastProofs = async (database: Database, device: Device, startMs: number) => {
  const processors = processorsOf(device);
  const ids = processors.map(({ id }) => id);
  for (const back of hoursBack) {
    const judgedMs = startMs - back * hourMs;
    const gates = await getGates(database, ids, judgedMs);
    if (gates.length === 0) continue;
    const gateOf = new Map(gates.map((gate) => [gate.processorId, gate]));
    return {
      hourMs: judgedMs,
      processors: processors.map(({ id, model }: Processor) => {
        const gate = gateOf.get(id);
        return { model, proof: gate ? gate.reason : ('not_judged' as const) };
      }),
      hired: [gates.some(({ hired }) => hired) ? ('micro' as const) : null],
    };
  }
  const unjudged = processors.map(({ model }) => ({ model, proof: 'not_judged' as const }));
  return { hourMs: null, processors: unjudged, hired: [] };
};
