import { describe, expect, it } from 'vitest';
import { BACKENDS } from '../../src/config/backends.js';
import { STORAGE_TYPES, type ContainerEnv } from '../../src/config/environment/job.environment.js';
import { batchCapabilities } from '../../src/scheduling/adapters/batch-api/batch-capabilities.js';
import { DOCKER_CAPABILITIES } from '../../src/scheduling/adapters/docker/docker.capabilities.js';
import { KUBERNETES_CAPABILITIES } from '../../src/scheduling/adapters/kubernetes/kubernetes.capabilities.js';
import { NO_CGROUPS } from '../../src/scheduling/adapters/process/host-abilities.js';
import { processCapabilities } from '../../src/scheduling/adapters/process/process.capabilities.js';
import { SWARM_CAPABILITIES } from '../../src/scheduling/adapters/swarm/swarm.capabilities.js';
import type { SchedulerCapabilities } from '../../src/scheduling/domain/capabilities.js';
import { cells, readPage, section } from './markdown.js';

/** A capability of jobs that is not in the table does not compile. */
const ROW_OF: Record<
  Exclude<keyof SchedulerCapabilities, 'backend' | 'hints' | 'names' | 'mountSources'>,
  string
> = {
  workers: 'workers > 1',
  cpuLimit: 'CPU limit',
  memoryLimit: 'memory limit',
  gpus: 'GPUs',
  shmSize: '`SHM_SIZE`',
  user: '`CONTAINER_USER`',
  labels: '`JOB_LABELS`',
  timeLimit: '`JOB_TIMEOUT`',
};

const KEYS = Object.keys(ROW_OF) as (keyof typeof ROW_OF)[];

const AS_USER = {
  uid: 1000,
  gid: 1000,
  namespaces: 'none',
  shareMount: false,
  dropPrivileges: false,
  boundedLogs: true,
  cgroups: NO_CGROUPS,
  accounts: [],
} as const;
const CGROUPS = { version: 'v2', memory: '/m', cpu: '/c', pids: '/p' } as const;
const AS_ROOT = { ...AS_USER, uid: 0, gid: 0, dropPrivileges: true, cgroups: CGROUPS };

const isSupported = (value: unknown): boolean =>
  !['no', 'one', 'unenforced'].includes(String(value));

const PAGE = await readPage('docs/backends.md');

describe('the table of what works where', () => {
  const text = section(PAGE, 'What works where');
  const rows = cells(text);
  const notes = new Map(
    [...text.matchAll(/^(\d+)\. (.+)$/gm)].map(([, number = '', note = '']) => [number, note]),
  );
  const cell = (feature: string, backend: string): string => {
    const column = rows[0]?.indexOf(backend) ?? -1;
    return rows.find(([, title]) => title === feature)?.[column] ?? 'no such cell';
  };
  const notesOf = (mark: string): (string | undefined)[] =>
    [...mark.matchAll(/\d+/g)].map(([number]) => notes.get(number));
  const expectMark = (found: string, value: unknown): void => {
    expect(found).toMatch(isSupported(value) ? /^✓/ : /^✗/);
    for (const note of notesOf(found)) expect(note).not.toMatch(/^As root/);
  };

  it('has a mark in each cell, and a note for each number', () => {
    const marks = rows.slice(2).flatMap((row) => row.slice(2, -1));
    expect(marks.length).toBeGreaterThan(100);
    for (const mark of marks) expect(mark).toMatch(/^[✓✗](?: \d+(?:, \d+)*)?$/);
    const used = new Set(marks.flatMap((mark) => [...mark.matchAll(/\d+/g)].map(([one]) => one)));
    expect([...used].toSorted()).toEqual([...notes.keys()].toSorted());
  });

  it.each(KEYS)('tells the truth about %s on Docker', (key) => {
    expectMark(cell(ROW_OF[key], 'docker'), DOCKER_CAPABILITIES[key]);
  });

  it.each(KEYS)('tells the truth about %s on a swarm', (key) => {
    expectMark(cell(ROW_OF[key], 'swarm'), SWARM_CAPABILITIES[key]);
  });

  it.each(KEYS)('tells the truth about %s on Kubernetes', (key) => {
    expectMark(cell(ROW_OF[key], 'kubernetes'), KUBERNETES_CAPABILITIES[key]);
  });

  it.each(KEYS)('tells the truth about %s in batch systems with Podman', (key) => {
    expectMark(cell(ROW_OF[key], 'slurm'), batchCapabilities('slurm', 'podman')[key]);
    expectMark(cell(ROW_OF[key], 'cromwell'), batchCapabilities('cromwell', 'podman')[key]);
  });

  it.each(KEYS)('tells the truth about %s as processes', (key) => {
    const [best, worst] = [processCapabilities(AS_ROOT)[key], processCapabilities(AS_USER)[key]];
    const found = cell(ROW_OF[key], 'process');
    if (isSupported(best) === isSupported(worst)) return expectMark(found, best);
    expect(found).toMatch(/^✓/);
    expect(notesOf(found)).toContainEqual(expect.stringMatching(/^As root/));
  });

  it.each(STORAGE_TYPES)('tells the truth about the store %s', (type) => {
    for (const backend of rows[0]?.slice(2, -1) ?? []) {
      const { storageTypes } = BACKENDS[backend as ContainerEnv];
      const mark = storageTypes.includes(type) ? /^✓/ : /^✗/;
      expect(cell(`\`STORAGE_TYPE=${type}\``, backend)).toMatch(mark);
    }
  });
});
