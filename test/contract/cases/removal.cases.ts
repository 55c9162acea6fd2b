import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';

/** Writes on and on, and so does a child that does not listen to SIGTERM. */
const STUBBORN = `
trap '' TERM
(trap '' TERM; while :; do echo child >> /share/outgoing/child; sleep 0.05; done) &
while :; do echo parent >> /share/outgoing/parent; sleep 0.05; done`;

export const REMOVAL_CASES: readonly ContractCase[] = [
  {
    id: 'remove-running',
    title: 'after DELETE of a running job none of its processes writes any more',
    async run(harness) {
      const job = await harness.job(STUBBORN);
      await harness.submit(job);
      await harness.appears(job, 'child');
      await harness.appears(job, 'parent');
      expect((await harness.delete(job.jid)).status).toBe(204);
      const size = async (file: string): Promise<number> =>
        (await stat(join(harness.store, job.output_dir, file))).size;
      const before = [await size('child'), await size('parent')];
      await sleep(500);
      expect([await size('child'), await size('parent')]).toEqual(before);
      expect((await harness.get(job.jid)).status).toBe(404);
    },
  },
  {
    id: 'remove-twice',
    title: 'a second DELETE is 404',
    async run(harness) {
      const { job } = await harness.run('true');
      expect((await harness.delete(job.jid)).status).toBe(204);
      expect((await harness.delete(job.jid)).status).toBe(404);
    },
  },
  {
    id: 'remove-without-data',
    title: "DELETE works when the job's directories are gone already",
    async run(harness) {
      const { job } = await harness.run('true');
      await rm(join(harness.store, job.input_dir), { recursive: true });
      await rm(join(harness.store, job.output_dir), { recursive: true });
      expect((await harness.delete(job.jid)).status).toBe(204);
    },
  },
  {
    id: 'remove-and-again',
    title: 'after DELETE the same jid can be used for another job at once',
    async run(harness) {
      const { job } = await harness.run('echo one');
      expect((await harness.delete(job.jid)).status).toBe(204);
      const { answer } = await harness.run('echo two', { jid: job.jid });
      expect(answer['logs']).toBe('two\n');
    },
  },
  {
    id: 'keep-records',
    title: 'REMOVE_JOBS=no stops a running job, keeps its record and answers 204',
    settings: { REMOVE_JOBS: 'no' },
    async run(harness) {
      const job = await harness.job(STUBBORN);
      await harness.submit(job);
      await harness.appears(job, 'parent');
      expect((await harness.delete(job.jid)).status).toBe(204);
      const answer = await harness.finish(job.jid);
      expect(answer['status']).toBe('finishedWithError');
      const done = await harness.run('true');
      expect((await harness.delete(done.job.jid)).status).toBe(204);
      expect((await harness.get(done.job.jid)).body['status']).toBe('finishedSuccessfully');
    },
  },
];
