/**
 * The processors of a device: what a proof is of. A GPU device has one for each GPU of the model that it
 * is offered as, every other device has its CPU. They follow from the device's own item and are stored
 * nowhere: the same device always has the same processors under the same ids. A device that is another
 * model has other processors, each with an onboarding and a record of its own: nobody answers for a model
 * with what another one was asked.
 */
import { present } from '../core/assert.ts';
import { type Id, newId } from '../core/ids.ts';
import type { Device } from '../devices/device.ts';
import { getModel } from '../market/catalogue.ts';
import { sha256 } from './protocol/bytes.ts';
import type { ProofClaim } from './protocol/claim.ts';

export interface Processor {
  readonly id: Id<'prc'>;
  readonly deviceId: Id<'dev'>;
  /** Where the GPU stands in the driver's list; null for a CPU. */
  readonly index: number | null;
  readonly kind: 'gpu' | 'cpu';
  /** The catalogue's model. */
  readonly model: string;
  readonly claim: ProofClaim;
}

const mib = 1024 * 1024;

/** What a claim says of hardware; the rest follows from the processor. */
type Reported = Pick<ProofClaim, 'backend' | 'driver' | 'gpu_uuid' | 'memory_bytes'>;

/** The processors of a device, in the driver's order; at least one. */
export const processorsOf = (device: Device): readonly Processor[] => {
  if (device.processorKind === 'cpu') {
    const memory_bytes = device.hardware.memory_mib * mib;
    const reported = { backend: 'cpu', driver: '', gpu_uuid: '', memory_bytes };
    return [processorOf(device, null, reported)];
  }
  const backend = getModel(device.model)?.vendor === 'amd' ? 'rocm' : 'cuda';
  return device.gpuIndexes.map((index) => {
    const gpu = present(device.hardware.gpus[index], `${device.id} reported no GPU ${index}`);
    return processorOf(device, index, {
      backend,
      driver: gpu.driver_version,
      gpu_uuid: gpu.uuid,
      memory_bytes: gpu.memory_mib * mib,
    });
  });
};

const processorOf = (device: Device, index: number | null, reported: Reported): Processor => {
  const { model, processorKind: kind } = device;
  const id = processorIdOf(device, `${model}/${reported.gpu_uuid || 'cpu'}`);
  return {
    id,
    deviceId: device.id,
    index,
    kind,
    model,
    claim: { ...reported, kind, model, pci_id: '', processor_id: id },
  };
};

const processorIdOf = (device: Device, part: string): Id<'prc'> => {
  const digest = sha256(`${device.id}/${part}`);
  return newId('prc', device.createdAtMs, { bytes: (count) => digest.subarray(0, count) });
};
