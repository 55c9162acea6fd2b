import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import type { Harness, Job } from '../harness.js';

/** Writes on and on, and so does a child that does not listen to SIGTERM. */
const STUBBORN = `
trap '' TERM
(trap '' TERM; while :; do echo child >> /share/outgoing/child; sleep 0.05; done) &
while :; do echo parent >> /share/outgoing/parent; sleep 0.05; done`;

/** None of the job's processes writes any more. */
async function expectSilence(harness: Harness, job: Job): Promise<void> {
  const before = await harness.outputSizes(job);
  await sleep(500);
  expect(await harness.outputSizes(job)).toEqual(before);
}

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
      await expectSilence(harness, job);
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
    id: 'remove-at-once',
    title: 'a job that is deleted as soon as it is taken runs no more, and its jid is free',
    async run(harness) {
      const job = await harness.job(STUBBORN);
      await harness.submit(job);
      expect((await harness.delete(job.jid)).status).toBe(204);
      await expectSilence(harness, job);
      expect((await harness.get(job.jid)).status).toBe(404);
      await harness.submit(await harness.job('true', { jid: job.jid }));
    },
  },
  {
    id: 'remove-many-times-at-once',
    title: 'of five DELETEs at once each says 204 or 404, and none an error',
    async run(harness) {
      const job = await harness.job(STUBBORN);
      await harness.submit(job);
      await harness.appears(job, 'child');
      await harness.appears(job, 'parent');
      const answers = await Promise.all(Array.from({ length: 5 }, () => harness.delete(job.jid)));
      const statuses = answers.map(({ status }) => status);
      expect(statuses).toContain(204);
      expect(statuses.filter((status) => status !== 204 && status !== 404)).toEqual([]);
      await expectSilence(harness, job);
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
      const job = await harness.job(`echo said; ${STUBBORN}`);
      await harness.submit(job);
      await harness.appears(job, 'child');
      await harness.appears(job, 'parent');
      expect((await harness.delete(job.jid)).status).toBe(204);
      await expectSilence(harness, job);
      const answer = await harness.finish(job.jid);
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['logs']).toMatch(/^said\n/);
      const done = await harness.run('true');
      expect((await harness.delete(done.job.jid)).status).toBe(204);
      expect((await harness.get(done.job.jid)).body['status']).toBe('finishedSuccessfully');
    },
  },
];
