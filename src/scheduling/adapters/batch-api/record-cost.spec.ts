import { mkdtempSync, rmSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jobName } from '../../../../test/fakes/builders.js';
import { specOf } from './batch-fixture.js';
import { BatchScheduler } from './batch.scheduler.js';
import { fakeSystem } from './fake-system.js';

const JOBS = 1_000;
const STORAGE_MS = 1;
/** Of the list of all jobs; see the synchroniser. */
const WELL_BELOW_MS = 3_000;

const calls: string[] = [];

/** Shared storage, on which every call takes a while. */
vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  const slow = (name: 'readdir' | 'readFile' | 'stat') => {
    const call = real[name] as (...args: unknown[]) => Promise<unknown>;
    return async (...args: unknown[]): Promise<unknown> => {
      calls.push(name);
      await new Promise((resolve) => setTimeout(resolve, STORAGE_MS));
      return call(...args);
    };
  };
  const slowed = { readdir: slow('readdir'), readFile: slow('readFile'), stat: slow('stat') };
  return { ...real, ...(slowed as unknown as Partial<typeof fs>) };
});

let root: string;
const { signal } = new AbortController();
const scheduler = (): BatchScheduler =>
  new BatchScheduler(fakeSystem(), {
    runtime: 'podman',
    program: 'podman',
    imageStorage: undefined,
    imageEntrypoint: 'keep',
    recordDirectory: root,
  });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'pman-cost-'));
  const first = scheduler();
  const names = Array.from({ length: JOBS }, (_, index) => jobName(`job-${index}`));
  await Promise.all(names.map((name) => first.submit(specOf({ name }), signal)));
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a list of a thousand live jobs on slow storage', () => {
  it('reads each folder once, twice where it asks the system, and each file but once', async () => {
    const { list } = bound(scheduler());
    calls.length = 0;
    const began = performance.now();
    expect(await list()).toHaveLength(JOBS);
    expect(performance.now() - began).toBeLessThan(WELL_BELOW_MS);
    expect(calls.length).toBeLessThanOrEqual(JOBS * 4 + 1);
    calls.length = 0;
    const again = performance.now();
    expect(await list()).toHaveLength(JOBS);
    expect(performance.now() - again).toBeLessThan(WELL_BELOW_MS);
    expect(calls).toHaveLength(JOBS * 2 + 1);
    expect(new Set(calls)).toEqual(new Set(['readdir']));
  });
});

const bound = (of: BatchScheduler) => ({ list: () => of.list(signal) });
