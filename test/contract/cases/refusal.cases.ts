import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import { PROBE_IMAGE } from '../given-cluster.js';
import type { Harness, Job } from '../harness.js';

/** A refused job can be sent again in a form that works: nothing of it was left behind. */
async function expectNothingLeft(harness: Harness, job: Job): Promise<void> {
  expect((await harness.get(job.jid)).status).toBe(404);
  const mended = { ...job, entrypoint: ['/bin/true'], image: PROBE_IMAGE };
  expect((await harness.post(mended)).status).toBe(201);
  expect((await harness.delete(job.jid)).status).toBe(204);
}

/**
 * What cannot start is refused with one of these codes, or, where only a node can tell, fails: in the
 * same words. @returns the words
 */
async function wordsOfRefusal(
  harness: Harness,
  job: Job,
  codes: readonly number[],
): Promise<string> {
  const { status, body } = await harness.post(job);
  if (harness.target.features.includes('refused-at-once')) {
    expect(codes).toContain(status);
    return JSON.stringify(body);
  }
  if (codes.includes(status)) return JSON.stringify(body);
  expect(status).toBe(201);
  const answer = await harness.finish(job.jid);
  expect(answer['status']).toBe('finishedWithError');
  expect(answer['logs']).toContain(answer['message']);
  expect((await harness.delete(job.jid)).status).toBe(204);
  return answer['message'] ?? '';
}

/** Programs that no backend can start, and the words that may tell why. */
const UNUSABLE = {
  'missing-executable': { program: '/no/such/program', says: /no such file|not found/i },
  'missing-in-path': { program: 'no-such-program', says: /no such file|not found/i },
  'directory-as-program': {
    program: '/tmp',
    says: /is a directory|permission denied|not executable/i,
  },
  'data-as-program': { program: '/etc/passwd', says: /permission denied|not executable/i },
  'nothing-as-program': { program: '', says: /.../ },
};

const unusable: readonly ContractCase[] = Object.entries(UNUSABLE).map(
  ([id, { program, says }]) => ({
    id,
    title: `the command "${program}" is refused in words, and nothing is left`,
    async run(harness) {
      const job = await harness.job('true', { entrypoint: [program] });
      const words = await wordsOfRefusal(harness, job, [400, 422]);
      expect(words).toContain(program);
      expect(words).toMatch(says);
      await expectNothingLeft(harness, job);
    },
  }),
);

export const REFUSAL_CASES: readonly ContractCase[] = [
  {
    id: 'missing-image',
    title: 'an image that does not exist is refused by its name, and nothing is left',
    needs: ['images'],
    async run(harness) {
      const image = harness.target.absentImage ?? 'localhost:1/local/absent:1';
      const job = await harness.job('true', { image });
      const words = await wordsOfRefusal(harness, job, [422]);
      expect(words).toContain(image);
      await expectNothingLeft(harness, job);
    },
  },
  {
    id: 'missing-image-directory',
    title: 'no output directory is made for an image that does not exist',
    needs: ['images-first'],
    async run(harness) {
      const plain = await harness.job('true', { image: 'localhost:1/local/absent:1' });
      const job = { ...plain, output_dir: `${plain.output_dir}/made/for-nothing` };
      expect((await harness.post(job)).status).toBe(422);
      expect(await harness.exists(`${plain.output_dir}/made`)).toBe(false);
    },
  },
  ...unusable,
  {
    id: 'not-a-program',
    title: 'a file of the input that is no program makes the job fail or be refused, in words',
    async run(harness) {
      const job = await harness.job('', { entrypoint: ['/share/incoming/data'] });
      const file = join(harness.store, job.input_dir, 'data');
      await writeFile(file, Buffer.from([0x7f, 0, 1, 2, 3, 0xff]));
      await chmod(file, 0o755);
      const { status, body } = await harness.post(job);
      if (status === 201) {
        const answer = await harness.finish(job.jid);
        expect(answer['status']).toBe('finishedWithError');
        expect(answer['message']).toMatch(/\w/);
      } else {
        expect(status).toBe(422);
        expect(body['message']).toMatch(/exec format error|not executable/i);
        await expectNothingLeft(harness, job);
      }
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
    id: 'links',
    title:
      'a directory that is a link, or lies behind one, is refused with 400 and nothing is made',
    async run(harness) {
      const plain = await harness.job('true');
      const [key = ''] = plain.input_dir.split('/');
      await mkdir(join(harness.store, `${key}-target`));
      await symlink(join(harness.store, `${key}-target`), join(harness.store, key, 'link'));
      const link = `${key}/link`;
      const jobs = [
        { ...plain, input_dir: link },
        { ...plain, output_dir: link },
        { ...plain, output_dir: `${link}/made` },
      ];
      for (const [index, job] of jobs.entries()) {
        const { status, body } = await harness.post(job);
        expect(status).toBe(400);
        const field = index === 0 ? 'input_dir' : 'output_dir';
        expect(Object.keys(body['message'] ?? {})).toEqual([field]);
      }
      expect(await harness.exists(`${key}-target/made`)).toBe(false);
      expect((await harness.get(plain.jid)).status).toBe(404);
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
      // In a user namespace of its own a job has every right, over nothing but itself.
      if (!harness.target.features.includes('container-rights')) return;
      expect(await harness.written(job, 'rights')).not.toMatch(
        /CapEff:\t0000003fffffffff|000001ffffffffff/,
      );
    },
  },
];
