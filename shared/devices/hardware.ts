/**
 * What a machine says it has: the form in which the agent reports hardware and the platform stores
 * it. Reported, not believed: readiness and, later, Proof of Compute decide what counts.
 */
import * as z from 'zod';

/** One GPU as the driver names it. */
const gpuSchema = z.strictObject({
  /** The driver's name, for example "NVIDIA GeForce RTX 4090". */
  name: z.string().min(1).max(128),
  uuid: z.string().min(1).max(96),
  memory_mib: z.int().min(1).max(10_000_000),
  driver_version: z.string().min(1).max(64),
});

export const hardwareSchema = z
  .strictObject({
    os: z.enum(['linux', 'darwin']),
    arch: z.enum(['x64', 'arm64']),
    cpu: z.strictObject({
      /** As /proc/cpuinfo or sysctl names it. */
      name: z.string().min(1).max(128),
      cores: z.int().min(1).max(4096),
    }),
    memory_mib: z.int().min(1).max(100_000_000),
    disk_free_mib: z.int().min(0).max(1_000_000_000),
    gpus: z.array(gpuSchema).max(16),
  })
  .meta({ id: 'Hardware' });

/** What an agent reports: each GPU once, for a proof is of one GPU and known by its uuid. */
export const reportedHardwareSchema = hardwareSchema
  .refine(({ gpus }) => new Set(gpus.map(({ uuid }) => uuid)).size === gpus.length, {
    message: 'a GPU is listed twice',
    path: ['gpus'],
  })
  .meta({ id: 'ReportedHardware' });

/** Hardware as reported by an agent. */
export type Hardware = z.infer<typeof hardwareSchema>;
