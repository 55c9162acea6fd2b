import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';

const THREE = { number_of_workers: 3 };
/** Of several workers the first to make the directory takes the lead. */
const LEADER = 'mkdir /share/outgoing/lead 2>/dev/null';

export const WORKER_CASES: readonly ContractCase[] = [
  {
    id: 'workers-run',
    title: 'each of three workers runs once, and the log has all of them in order',
    async run(harness) {
      const { job, answer } = await harness.run(
        'echo run >> /share/outgoing/runs; echo here',
        THREE,
      );
      expect(answer['status']).toBe('finishedSuccessfully');
      expect(await harness.written(job, 'runs')).toBe('run\nrun\nrun\n');
      expect(answer['logs']).toBe(
        '--- worker 1 of 3 ---\nhere\n--- worker 2 of 3 ---\nhere\n--- worker 3 of 3 ---\nhere\n',
      );
      expect((await harness.delete(job.jid)).status).toBe(204);
    },
  },
  {
    id: 'workers-error',
    title: 'one worker that fails makes the job an error, and the message says which',
    async run(harness) {
      const { answer } = await harness.run(`${LEADER} && exit 5; sleep 1`, THREE);
      expect(answer['status']).toBe('finishedWithError');
      expect(answer['message']).toMatch(/^worker [123] of 3: exited with code 5$/);
    },
  },
  {
    id: 'workers-wait',
    title: 'a job is not finished before its last worker is',
    async run(harness) {
      const job = await harness.job(
        `${LEADER} && sleep 4; touch /share/outgoing/some-ended`,
        THREE,
      );
      await harness.submit(job);
      await harness.appears(job, 'some-ended');
      // A backend without events may tell of the beginning some moments later.
      const seen = await harness.until(job.jid, ({ status }) => status !== 'notstarted');
      expect(seen['status']).toBe('started');
      expect((await harness.finish(job.jid))['status']).toBe('finishedSuccessfully');
    },
  },
  {
    id: 'workers-share-lines',
    title: 'the workers of a job share the lines of JOB_LOGS_TAIL',
    settings: { JOB_LOGS_TAIL: '10' },
    async run(harness) {
      const { answer } = await harness.run('seq 100', THREE);
      const logs = [1, 2, 3].map((worker) => `--- worker ${worker} of 3 ---\n98\n99\n100\n`);
      expect(answer['logs']).toBe(logs.join(''));
    },
  },
  {
    id: 'workers-as-one-user',
    title: 'all workers of a job are the same user, also of a range',
    needs: ['job-user'],
    settings: { CONTAINER_USER: '5000-5009:6000-6009' },
    async run(harness) {
      const { job } = await harness.run('id >> /share/outgoing/ids', THREE);
      const ids = (await harness.written(job, 'ids')).trim().split('\n');
      expect(ids).toHaveLength(3);
      expect(new Set(ids).size).toBe(1);
    },
  },
  {
    id: 'workers-refused',
    title: 'where one worker cannot start none is left behind',
    async run(harness) {
      const job = await harness.job('true', { ...THREE, entrypoint: ['/no/such/program'] });
      const { status } = await harness.post(job);
      if (harness.target.features.includes('refused-at-once')) expect(status).toBe(422);
      else {
        expect((await harness.finish(job.jid))['status']).toBe('finishedWithError');
        expect((await harness.delete(job.jid)).status).toBe(204);
      }
      const left = await harness.target.listOwn(harness.store);
      expect(left.filter((name) => name.includes(job.jid))).toEqual([]);
    },
  },
  {
    id: 'workers-remove',
    title: 'DELETE ends and forgets all workers',
    async run(harness) {
      const job = await harness.job(
        'touch /share/outgoing/up; while :; do echo on >> /share/outgoing/ticks; sleep 0.05; done',
        THREE,
      );
      await harness.submit(job);
      await harness.appears(job, 'up');
      expect((await harness.delete(job.jid)).status).toBe(204);
      const sizes = await harness.outputSizes(job);
      await sleep(500);
      expect(await harness.outputSizes(job)).toEqual(sizes);
      const left = await harness.target.listOwn(harness.store);
      expect(left.filter((name) => name.includes(job.jid))).toEqual([]);
    },
  },
];
