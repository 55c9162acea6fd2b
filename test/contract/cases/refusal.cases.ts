import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import type { Harness, Job } from '../harness.js';

/** A refused job can be sent again in a form that works: nothing of it was left behind. */
async function expectNothingLeft(harness: Harness, job: Job): Promise<void> {
  expect((await harness.get(job.jid)).status).toBe(404);
  const mended = { ...job, entrypoint: ['/bin/true'], image: 'local/probe:1' };
  expect((await harness.post(mended)).status).toBe(201);
  expect((await harness.delete(job.jid)).status).toBe(204);
}

export const REFUSAL_CASES: readonly ContractCase[] = [
  {
    id: 'missing-image',
    title: 'an image that does not exist is refused with 422 and its name, and nothing is left',
    needs: ['images'],
    async run(harness) {
      const job = await harness.job('true', { image: 'localhost:1/local/absent:1' });
      const { status, body } = await harness.post(job);
      expect(status).toBe(422);
      expect(body['message']).toContain('localhost:1/local/absent:1');
      await expectNothingLeft(harness, job);
    },
  },
  {
    id: 'missing-executable',
    title: 'a command that does not exist is refused in words, and nothing is left',
    async run(harness) {
      const job = await harness.job('true', { entrypoint: ['/no/such/program'] });
      const { status, body } = await harness.post(job);
      expect(status).toBe(422);
      expect(body['message']).toMatch(/\/no\/such\/program.*(?:no such file|not found)/is);
      await expectNothingLeft(harness, job);
    },
  },
  {
    id: 'missing-input',
    title: 'a missing input directory is refused with 400, and no directory is made',
    async run(harness) {
      const plain = await harness.job('true');
      const job = { ...plain, input_dir: 'no/such/input', output_dir: 'never/made' };
      const { status, body } = await harness.post(job);
      expect(status).toBe(400);
      expect(Object.keys(body['message'] ?? {})).toEqual(['input_dir']);
      expect(await harness.exists('no')).toBe(false);
      expect(await harness.exists('never')).toBe(false);
      expect((await harness.get(job.jid)).status).toBe(404);
    },
  },
  {
    id: 'hostile-fields',
    title: 'what breaks a rule is refused with 400 and names every field at once',
    async run(harness) {
      const plain = await harness.job('true');
      const { status, body } = await harness.post({
        ...plain,
        number_of_workers: 0,
        cpu_limit: -1,
        image: '--privileged',
        env: ['NO_EQUALS_SIGN'],
        input_dir: '../../etc',
      });
      expect(status).toBe(400);
      expect(Object.keys(body['message'] ?? {}).toSorted()).toEqual(
        ['cpu_limit', 'env', 'image', 'input_dir', 'number_of_workers'].toSorted(),
      );
      expect((await harness.get(plain.jid)).status).toBe(404);
    },
  },
  {
    id: 'extra-keys',
    title: 'keys that are not known are ignored and give a job no right',
    async run(harness) {
      const { job, answer } = await harness.run(
        'grep CapEff /proc/self/status > /share/outgoing/rights',
        { HostConfig: { Privileged: true }, Privileged: true, volumes: ['/:/host'] },
      );
      expect(answer['status']).toBe('finishedSuccessfully');
      expect(await harness.written(job, 'rights')).not.toMatch(
        /CapEff:\t0000003fffffffff|000001ffffffffff/,
      );
    },
  },
];
