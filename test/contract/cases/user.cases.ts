import { chmod, chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';

const WRITE_ID = 'echo "$(id -u):$(id -g)" > /share/outgoing/id';
const WRITE_RIGHTS =
  'grep -E "^(CapEff|CapBnd|NoNewPrivs):" /proc/self/status > /share/outgoing/rights';
/** CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID as the kernel's bits. */
const ROOT_CAPABILITIES = 'eb';

export const USER_CASES: readonly ContractCase[] = [
  {
    id: 'user-exact',
    title: 'CONTAINER_USER is the uid and the primary gid of the job',
    needs: ['job-user'],
    settings: { CONTAINER_USER: '1001:1002' },
    async run(harness) {
      const { job } = await harness.run(`${WRITE_ID}; id -G > /share/outgoing/groups`);
      expect(await harness.written(job, 'id')).toBe('1001:1002\n');
      expect(await harness.written(job, 'groups')).toBe('1002\n');
    },
  },
  {
    id: 'user-group-only',
    title: 'a CONTAINER_USER without a uid gives root that group',
    needs: ['job-user'],
    settings: { CONTAINER_USER: ':1002' },
    async run(harness) {
      const { job } = await harness.run(WRITE_ID);
      expect(await harness.written(job, 'id')).toBe('0:1002\n');
    },
  },
  {
    id: 'user-uid-only',
    title: 'a CONTAINER_USER without a gid sets the uid',
    needs: ['job-user'],
    settings: { CONTAINER_USER: '1003:' },
    async run(harness) {
      const { job } = await harness.run(WRITE_ID);
      expect(await harness.written(job, 'id')).toMatch(/^1003:\d+\n$/);
    },
  },
  {
    id: 'user-root-writes',
    title: 'a job of root writes into a directory of another user',
    needs: ['job-user'],
    async run(harness) {
      const job = await harness.job(
        'touch /share/outgoing/made && chown 1007:1008 /share/outgoing/made',
      );
      const directory = join(harness.store, job.output_dir);
      await chown(directory, 1001, 1002);
      await chmod(directory, 0o700);
      await harness.submit(job);
      expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
      const { uid, gid } = await stat(join(directory, 'made'));
      expect([uid, gid]).toEqual([1007, 1008]);
    },
  },
  {
    id: 'user-range',
    title: 'a range in CONTAINER_USER gives each job a number in it',
    needs: ['job-user'],
    settings: { CONTAINER_USER: '5000-5009:6000-6009' },
    async run(harness) {
      const { job } = await harness.run(WRITE_ID);
      expect(await harness.written(job, 'id')).toMatch(/^500\d:600\d\n$/);
    },
  },
  {
    id: 'user-output-made',
    title: "a missing output directory is made and belongs to the job's user",
    needs: ['job-user'],
    settings: { CONTAINER_USER: '1001:1002' },
    async run(harness) {
      const plain = await harness.job(WRITE_ID);
      const job = { ...plain, output_dir: `${plain.output_dir}/new/deep` };
      await harness.submit(job);
      expect(await harness.finish(job.jid)).toMatchObject({ status: 'finishedSuccessfully' });
      const { uid, gid } = await stat(join(harness.store, job.output_dir));
      expect([uid, gid]).toEqual([1001, 1002]);
    },
  },
  {
    id: 'rights-none',
    title: 'a job of a user other than root has no capability and cannot gain one',
    needs: ['container-rights'],
    settings: { CONTAINER_USER: '1001:1002' },
    async run(harness) {
      const { job } = await harness.run(WRITE_RIGHTS);
      expect(await harness.written(job, 'rights')).toBe(
        'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n',
      );
    },
  },
  {
    id: 'rights-root',
    title: 'a job of root has the six capabilities that files of other users need, and no more',
    needs: ['container-rights'],
    async run(harness) {
      const { job } = await harness.run(WRITE_RIGHTS);
      const rights = await harness.written(job, 'rights');
      expect(rights).toMatch(new RegExp(`CapEff:\\t0+${ROOT_CAPABILITIES}\\n`));
      expect(rights).toMatch(new RegExp(`CapBnd:\\t0+${ROOT_CAPABILITIES}\\n`));
      expect(rights).toContain('NoNewPrivs:\t1');
    },
  },
  {
    id: 'rights-engine',
    title:
      "JOB_CAPABILITIES=engine gives a job of root the engine's usual rights, and no way to more",
    needs: ['engine-settings'],
    settings: { JOB_CAPABILITIES: 'engine' },
    async run(harness) {
      const { job } = await harness.run(WRITE_RIGHTS);
      const rights = await harness.written(job, 'rights');
      // NET_BIND_SERVICE, which all engines grant and none of ours needs.
      const [, effective = ''] = /CapEff:\t([0-9a-f]+)/.exec(rights) ?? [];
      expect(BigInt(`0x${effective}`) & (1n << 10n)).toBe(1n << 10n);
      expect(BigInt(`0x${effective}`) & (1n << 21n)).toBe(0n);
      expect(rights).toContain('NoNewPrivs:\t1');
    },
  },
  {
    id: 'labels',
    title: "JOB_LABELS and the service's own labels are kept with the job",
    settings: { JOB_LABELS: 'site=hospital,org.example/team=mri' },
    async run(harness) {
      const { job } = await harness.run('true');
      expect(await harness.labels(job.jid)).toMatchObject({
        site: 'hospital',
        'org.example/team': 'mri',
        'org.chrisproject.pman.managed-by': 'pman',
        'org.chrisproject.pman.jid': job.jid,
        'org.chrisproject.pman.auid': 'contract',
      });
    },
  },
  {
    id: 'labels-owner',
    title: 'an owner of any characters is kept with the job',
    async run(harness) {
      const auid = 'Ünal "the" owner\n,=';
      const { job } = await harness.run('true', { auid });
      expect((await harness.labels(job.jid))['org.chrisproject.pman.auid']).toBe(auid);
    },
  },
];
