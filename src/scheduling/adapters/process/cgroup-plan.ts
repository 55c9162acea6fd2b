import { toBytes } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { Cgroups } from './host-abilities.js';

/** Control groups to make for one worker. */
export interface CgroupPlan {
  /** To be made and filled in this order; with v2 the controllers share one directory. */
  readonly directories: readonly string[];
  readonly writes: readonly CgroupWrite[];
  /** Names the file that counts kills for want of memory; empty without a memory limit. */
  readonly memoryEvents: string;
}

interface CgroupWrite {
  readonly file: string;
  readonly value: string;
  /** True where kernels exist without that file. */
  readonly optional: boolean;
}

type Limits = Pick<JobSpec, 'cpuLimit' | 'memoryLimit'>;

/** Processes and threads of one worker: enough for any plugin, too few to harm the host. */
const MAX_PROCESSES = 4096;
const CPU_PERIOD_US = 100_000;
/** The kernel's least quota. */
const MIN_CPU_QUOTA_US = 1_000;

/**
 * Sources: kernel documentation, admin-guide/cgroup-v2.rst and admin-guide/cgroup-v1/memory.rst.
 * @param group name of the worker's own group below each controller
 */
export function planCgroups(cgroups: Cgroups, group: string, limits: Limits): CgroupPlan {
  const memory = limits.memoryLimit > 0 ? child(cgroups.memory, group) : undefined;
  const cpu = limits.cpuLimit > 0 ? child(cgroups.cpu, group) : undefined;
  const pids = child(cgroups.pids, group);
  const isV1 = cgroups.version === 'v1';
  const bytes = String(toBytes(limits.memoryLimit));
  const quota = Math.max(MIN_CPU_QUOTA_US, Math.round((limits.cpuLimit * CPU_PERIOD_US) / 1_000));
  return {
    directories: unique([memory, cpu, pids]),
    writes: [
      ...(isV1 ? memoryV1(memory, bytes) : memoryV2(memory, bytes)),
      ...(isV1 ? cpuV1(cpu, quota) : cpuV2(cpu, quota)),
      ...write(pids, 'pids.max', String(MAX_PROCESSES)),
    ],
    memoryEvents:
      memory === undefined ? '' : `${memory}/${isV1 ? 'memory.oom_control' : 'memory.events'}`,
  };
}

/** Every directory that a worker may have had, whatever its limits were. */
export function cgroupDirectories(cgroups: Cgroups, group: string): readonly string[] {
  return unique([cgroups.memory, cgroups.cpu, cgroups.pids].map((base) => child(base, group)));
}

// Memory and swap together get the same limit: swap must not widen it.
function memoryV1(directory: string | undefined, bytes: string): readonly CgroupWrite[] {
  return [
    ...write(directory, 'memory.limit_in_bytes', bytes),
    ...write(directory, 'memory.memsw.limit_in_bytes', bytes, true),
  ];
}

function memoryV2(directory: string | undefined, bytes: string): readonly CgroupWrite[] {
  return [
    ...write(directory, 'memory.max', bytes),
    ...write(directory, 'memory.swap.max', '0', true),
  ];
}

function cpuV1(directory: string | undefined, quota: number): readonly CgroupWrite[] {
  return [
    ...write(directory, 'cpu.cfs_period_us', String(CPU_PERIOD_US)),
    ...write(directory, 'cpu.cfs_quota_us', String(quota)),
  ];
}

function cpuV2(directory: string | undefined, quota: number): readonly CgroupWrite[] {
  return write(directory, 'cpu.max', `${quota} ${CPU_PERIOD_US}`);
}

function write(
  directory: string | undefined,
  name: string,
  value: string,
  optional = false,
): readonly CgroupWrite[] {
  return directory === undefined ? [] : [{ file: `${directory}/${name}`, value, optional }];
}

function child(base: string | undefined, group: string): string | undefined {
  return base === undefined ? undefined : `${base}/${group}`;
}

function unique(directories: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(directories.filter((directory) => directory !== undefined))];
}
