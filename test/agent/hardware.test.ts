/**
 * The parsers of hardware claim exactly what the system says. /proc texts were recorded on a
 * two-core cloud machine; the nvidia-smi lines are put together from published listings (names,
 * UUIDs, memory, drivers), for no machine with a GPU was at hand.
 */
import { parseCpuName } from '../../agent/hardware/cpu.ts';
import { parseGpus } from '../../agent/hardware/gpu.ts';
import { parseInterpreter } from '../../agent/hardware/ray-installation.ts';
import { parseProcStat } from '../../agent/state/process-identity.ts';

describe('parseGpus', () => {
  const h100 = 'NVIDIA H100 80GB HBM3, GPU-bc5610b9-79c8-fedd-8899-07539c7f868a, 81559, 570.124.06';
  const rtx = 'NVIDIA GeForce RTX 4090, GPU-89fdc1e1-18b2-f499-c12b-82bcb9bfb3fa, 24564, 550.54.15';

  it('reads every GPU in the driver’s order', () => {
    expect(parseGpus(`${h100}\n${rtx}\n`)).toEqual({
      problem: null,
      gpus: [
        {
          name: 'NVIDIA H100 80GB HBM3',
          uuid: 'GPU-bc5610b9-79c8-fedd-8899-07539c7f868a',
          memory_mib: 81_559,
          driver_version: '570.124.06',
        },
        expect.objectContaining({ name: 'NVIDIA GeForce RTX 4090', memory_mib: 24_564 }),
      ],
    });
  });

  it('finds no GPU in an empty list', () => {
    expect(parseGpus('\n')).toEqual({ gpus: [], problem: null });
  });

  it.each([
    'NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.',
    'No devices were found',
    h100.replace('81559', '[N/A]'),
    h100.replace('81559', '0'),
    `${h100}, extra`,
    h100.replace('GPU-', ''),
  ])('claims no GPU at all when a line is not understood: %s', (line) => {
    const finding = parseGpus(`${rtx}\n${line}\n`);
    expect(finding.gpus).toEqual([]);
    expect(finding.problem).toContain('nvidia-smi answered');
  });

  it('refuses more GPUs than a device may have', () => {
    expect(parseGpus(`${h100}\n`.repeat(17)).problem).toContain('17');
  });
});

describe('parseCpuName', () => {
  it('reads the first model name', () => {
    const text =
      'processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 207\nmodel name\t: Intel(R) Xeon(R)  Processor\n';
    expect(parseCpuName(text)).toBe('Intel(R) Xeon(R) Processor');
  });

  it('finds none where the kernel names none', () => {
    expect(parseCpuName('processor\t: 0\nBogoMIPS\t: 108.00\nmodel name\t: \n')).toBeUndefined();
  });
});

describe('parseInterpreter', () => {
  it('reads the first line, and the second behind /bin/sh', () => {
    expect(parseInterpreter('#!/opt/venv/bin/python\n# -*- coding: utf-8 -*-\n')).toBe(
      '/opt/venv/bin/python',
    );
    const long = `#!/bin/sh\n'''exec' "/very long/venv/bin/python" "$0" "$@"\n' '''\n`;
    expect(parseInterpreter(long)).toBe('/very long/venv/bin/python');
  });

  it.each(['', 'ELF', '#!/usr/bin/env python3\n', '#!/bin/sh\necho\n'])(
    'finds none in %j',
    (text) => {
      expect(parseInterpreter(text)).toBeUndefined();
    },
  );
});

describe('parseProcStat', () => {
  const line = (state: string) =>
    `4938 (ray (x) :worker) ${state} 1 4938 4938 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 8 0 241508 123 4`;

  it('reads the start time behind a command with spaces and brackets', () => {
    expect(parseProcStat(line('S'))).toBe('241508');
  });

  it('does not count a zombie as running', () => {
    expect(parseProcStat(line('Z'))).toBeUndefined();
  });
});
