import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import type { Harness } from '../harness.js';

const MARK = 'echo run >> /share/outgoing/runs';
/** Within it a service has heard of what another one did. */
const HEARSAY_MS = 5_000;

/** A case for two services with the same settings, at the same backend and store. */
function withReplica(
  id: string,
  title: string,
  run: (one: Harness, other: Harness) => Promise<void>,
): ContractCase {
  return {
    id,
    title,
    async run(harness) {
      const replica = await harness.replica();
      try {
        await run(harness, replica);
      } finally {
        await replica.stop();
      }
    },
  };
}

/** Whether it comes true in that many milliseconds. */
async function within(time: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + time;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

export const REPLICA_CASES: readonly ContractCase[] = [
  withReplica(
    'replicas-submit',
    'of two services that get the same submission several times at once, one runs it, once',
    async (one, other) => {
      const job = await one.job(`${MARK}; sleep 1; echo done; exit 6`);
      const posts = [one, other, one, other, one, other].map((service) => service.post(job));
      const statuses = (await Promise.all(posts)).map(({ status }) => status);
      expect(statuses).toEqual(posts.map(() => 201));
      const answers = await Promise.all([one.finish(job.jid), other.finish(job.jid)]);
      expect(answers[0]).toEqual(answers[1]);
      expect(await one.written(job, 'runs')).toBe('run\n');
      expect((await other.post({ ...job, args: ['other'] })).status).toBe(409);
    },
  ),
  withReplica(
    'replicas-remove',
    'a job that another service has removed is gone, at the latest when this one is told so',
    async (one, other) => {
      const { job } = await one.run('true');
      expect((await other.delete(job.jid)).status).toBe(204);
      expect((await one.delete(job.jid)).status).toBe(404);
      expect((await one.get(job.jid)).status).toBe(404);
    },
  ),
  withReplica(
    'replicas-hear',
    'what another service does is seen within seconds',
    async (one, other) => {
      const { job } = await one.run('true');
      const isHeard = async (): Promise<boolean> =>
        (await other.get(job.jid)).body['status'] === 'finishedSuccessfully';
      expect(await within(HEARSAY_MS, isHeard)).toBe(true);
      expect((await other.delete(job.jid)).status).toBe(204);
      const isGone = async (): Promise<boolean> => (await one.get(job.jid)).status === 404;
      expect(await within(HEARSAY_MS, isGone)).toBe(true);
    },
  ),
  withReplica(
    'replicas-again',
    'a job that another service has removed can be run again at once',
    async (one, other) => {
      const { job } = await one.run(MARK);
      expect((await other.delete(job.jid)).status).toBe(204);
      await one.submit(job);
      expect((await one.finish(job.jid))['status']).toBe('finishedSuccessfully');
      expect(await one.written(job, 'runs')).toBe('run\nrun\n');
    },
  ),
];
