import { describe, expect, it } from 'vitest';
import { mebibytes, millicores } from '../../../shared/units.js';
import { planCgroups } from './cgroup-plan.js';
import { NO_CGROUPS } from './host-abilities.js';

const limits = { memoryLimit: mebibytes(16), cpuLimit: millicores(1500) };
const V1 = { version: 'v1', memory: '/m', cpu: '/c', pids: '/p' } as const;
const V2 = { version: 'v2', memory: '/g', cpu: '/g', pids: '/g' } as const;

describe('the control groups of a worker', () => {
  it('are one a controller with version 1, where swap does not widen the limit', () => {
    expect(planCgroups(V1, 'run.1', limits)).toEqual({
      directories: ['/m/run.1', '/c/run.1', '/p/run.1'],
      writes: [
        { file: '/m/run.1/memory.limit_in_bytes', value: '16777216', optional: false },
        { file: '/m/run.1/memory.memsw.limit_in_bytes', value: '16777216', optional: true },
        { file: '/c/run.1/cpu.cfs_period_us', value: '100000', optional: false },
        { file: '/c/run.1/cpu.cfs_quota_us', value: '150000', optional: false },
        { file: '/p/run.1/pids.max', value: '4096', optional: false },
      ],
      memoryEvents: '/m/run.1/memory.oom_control',
    });
  });

  it('are one directory with version 2', () => {
    expect(planCgroups(V2, 'run.1', limits)).toEqual({
      directories: ['/g/run.1'],
      writes: [
        { file: '/g/run.1/memory.max', value: '16777216', optional: false },
        { file: '/g/run.1/memory.swap.max', value: '0', optional: true },
        { file: '/g/run.1/cpu.max', value: '150000 100000', optional: false },
        { file: '/g/run.1/pids.max', value: '4096', optional: false },
      ],
      memoryEvents: '/g/run.1/memory.events',
    });
  });

  it('are for the number of processes alone when no limit is asked for', () => {
    const none = { memoryLimit: mebibytes(0), cpuLimit: millicores(0) };
    expect(planCgroups(V1, 'run.1', none)).toMatchObject({
      directories: ['/p/run.1'],
      memoryEvents: '',
    });
  });

  it('are none where there are no controllers', () => {
    expect(planCgroups(NO_CGROUPS, 'run.1', limits)).toEqual({
      directories: [],
      writes: [],
      memoryEvents: '',
    });
  });

  it('get no smaller share of the CPU than the kernel accepts', () => {
    const { writes } = planCgroups(V2, 'g', { ...limits, cpuLimit: millicores(1) });
    expect(writes.find(({ file }) => file.endsWith('cpu.max'))?.value).toBe('1000 100000');
  });
});
