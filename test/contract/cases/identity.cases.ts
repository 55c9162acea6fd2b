import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import type { Harness, Job } from '../harness.js';

/** Appends a line for each run. */
const MARK = 'echo run >> /share/outgoing/runs';

const runs = async (harness: Harness, job: Job): Promise<string> =>
  readFile(join(harness.store, job.output_dir, 'runs'), 'utf8');

const JIDS = {
  short: 'j',
  cube: 'chris-jid-8',
  'upper-case': 'CHRIS-Jid-8',
  underscore: 'chris_jid_8',
  dots: 'chris.jid.8',
  long: `long-${'x'.repeat(195)}`,
};

const names: readonly ContractCase[] = Object.entries(JIDS).map(([kind, jid]) => ({
  id: `jid-${kind}`,
  title: `a jid such as ${jid.slice(0, 20)} (${jid.length} characters) works in every call`,
  async run(harness) {
    const { answer } = await harness.run('echo hello', { jid });
    expect(answer).toMatchObject({ jid, status: 'finishedSuccessfully', logs: 'hello\n' });
    expect(await harness.delete(jid)).toMatchObject({ status: 204 });
    expect(await harness.get(jid)).toMatchObject({ status: 404 });
  },
}));

export const IDENTITY_CASES: readonly ContractCase[] = [
  ...names,
  {
    id: 'jid-slash',
    title: 'a slash in front of a jid is stripped in every call',
    async run(harness) {
      const job = await harness.job('true');
      const { body } = await harness.post({ ...job, jid: `/${job.jid}` });
      expect(body['jid']).toBe(job.jid);
      expect(await harness.get(`/${job.jid}`)).toMatchObject({ status: 200 });
      expect(await harness.delete(`/${job.jid}`)).toMatchObject({ status: 204 });
    },
  },
  {
    id: 'repeat',
    title: 'a repeated submission answers 201 and runs nothing again, also after the end',
    async run(harness) {
      const job = await harness.job(`${MARK}; sleep 1`);
      await harness.submit(job);
      await harness.appears(job, 'runs');
      expect((await harness.post(job)).status).toBe(201);
      await harness.finish(job.jid);
      const again = await harness.post({ ...job, cpu_limit: String(job['cpu_limit']) });
      expect(again).toMatchObject({ status: 201, body: { status: 'finishedSuccessfully' } });
      expect(await runs(harness, job)).toBe('run\n');
    },
  },
  {
    id: 'repeat-at-once',
    title: 'twenty equal submissions at once all answer 201 and run the job once',
    async run(harness) {
      const job = await harness.job(MARK);
      const answers = await Promise.all(Array.from({ length: 20 }, () => harness.post(job)));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
      await harness.finish(job.jid);
      expect(await runs(harness, job)).toBe('run\n');
    },
  },
  {
    id: 'conflict',
    title: 'another job under the same jid is refused with 409 and touches nothing',
    async run(harness) {
      const job = await harness.job(`${MARK}; sleep 1`);
      await harness.submit(job);
      await harness.appears(job, 'runs');
      const others = [{ args: ['x'] }, { env: ['A=1'] }, { memory_limit: 201 }, { auid: 'other' }];
      const refused = await Promise.all(
        others.map((change) => harness.post({ ...job, ...change })),
      );
      expect(refused.map(({ status }) => status)).toEqual(others.map(() => 409));
      const answer = await harness.finish(job.jid);
      expect(answer['status']).toBe('finishedSuccessfully');
      expect((await harness.post({ ...job, args: ['other'] })).status).toBe(409);
      expect((await harness.get(job.jid)).body).toEqual(answer);
      expect(await runs(harness, job)).toBe('run\n');
    },
  },
  {
    id: 'jids-apart',
    title: 'jids that differ in a letter, its case or a sign are jobs of their own',
    async run(harness) {
      const base = (await harness.job('')).jid;
      const jids = [
        `${base}-a`,
        `${base}-A`,
        `${base}_a`,
        `${base}.a`,
        `${base}-a.1`,
        `${base}-a-1`,
      ];
      const finished = await Promise.all(
        jids.map((jid) => harness.run(`echo ${jid}`, { jid, number_of_workers: 1 })),
      );
      expect(finished.map(({ answer }) => answer['logs'])).toEqual(jids.map((jid) => `${jid}\n`));
      expect((await harness.delete(`${base}-a`)).status).toBe(204);
      const left = await Promise.all(jids.map((jid) => harness.get(jid)));
      expect(left.map(({ status }) => status)).toEqual([404, 200, 200, 200, 200, 200]);
    },
  },
  {
    id: 'jid-part',
    title: 'a part of a jid, or a pattern, is nobody',
    async run(harness) {
      const { job } = await harness.run('true');
      const parts = [job.jid.slice(0, -1), job.jid.slice(1), `${job.jid}1`, `${job.jid}-`];
      const patterns = [`${job.jid.slice(0, -1)}.`, job.jid.toUpperCase()];
      for (const name of [...parts, ...patterns]) {
        expect(await harness.get(name)).toMatchObject({ status: 404 });
        expect(await harness.delete(name)).toMatchObject({ status: 404 });
      }
      expect(await harness.get(job.jid)).toMatchObject({ status: 200 });
    },
  },
  {
    id: 'foreign-name',
    title: 'an object of somebody else is never adopted, shown or removed',
    needs: ['engine-names'],
    async run(harness) {
      const job = await harness.job('true');
      const foreign = await harness.foreign(job.jid);
      try {
        const refused = await harness.post(job);
        expect(refused.status).toBe(409);
        expect(JSON.stringify(refused.body)).not.toContain(foreign.id.slice(0, 12));
        const lookUps = [
          job.jid,
          `%2F${job.jid}`,
          foreign.id,
          foreign.id.slice(0, 12),
          foreign.id.slice(0, 3),
        ];
        for (const name of lookUps) {
          expect(await harness.get(name)).toMatchObject({ status: 404 });
          expect(await harness.delete(name)).toMatchObject({ status: 404 });
        }
        expect(await foreign.stillThere()).toBe(true);
      } finally {
        await foreign.dispose();
      }
    },
  },
  {
    id: 'own-id',
    title: "a job is found by its jid only, not by the engine's id of it",
    needs: ['engine-names'],
    async run(harness) {
      const { job } = await harness.run('true');
      const id = await harness.target.idOf(job.jid);
      for (const name of [id, id.slice(0, 12), id.slice(0, 4)]) {
        expect(await harness.get(name)).toMatchObject({ status: 404 });
        expect(await harness.delete(name)).toMatchObject({ status: 404 });
      }
      expect(await harness.get(job.jid)).toMatchObject({ status: 200 });
    },
  },
  {
    id: 'unknown',
    title: 'a jid that was never submitted is 404 for GET and DELETE',
    async run(harness) {
      expect(await harness.get('never-heard-of')).toMatchObject({ status: 404 });
      expect(await harness.delete('never-heard-of')).toMatchObject({ status: 404 });
    },
  },
];
