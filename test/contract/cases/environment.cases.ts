import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';

const WRITE_ENV = 'cat /proc/self/environ > /share/outgoing/environ';

/** What engines and shells set by themselves. */
const USUAL_NAMES = new Set(
  ['PATH', 'HOME', 'HOSTNAME', 'TERM', 'container', 'CH_RUNNING'].concat([
    'PWD',
    'OLDPWD',
    'SHLVL',
    '_',
  ]),
);

/**
 * A cluster tells every pod where its API is and which of a job's workers it is, and nobody can keep
 * it from that.
 */
const CLUSTER_NAMES = /^(?:KUBERNETES_(?:SERVICE|PORT)|JOB_COMPLETION_INDEX$)/;

function parse(environ: string): Map<string, string> {
  const entries = environ.split('\0').filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

export const ENVIRONMENT_CASES: readonly ContractCase[] = [
  {
    id: 'env-exact',
    title: 'the environment arrives byte for byte, and of two entries of one name the last counts',
    async run(harness) {
      const env = ['A=1', 'B=x=y', 'C=line\nbreak', 'D=grüße $HOME', 'E=', 'A=2'];
      const { job } = await harness.run(WRITE_ENV, { env });
      const environ = parse(await harness.written(job, 'environ'));
      expect(environ.get('A')).toBe('2');
      expect(environ.get('B')).toBe('x=y');
      expect(environ.get('C')).toBe('line\nbreak');
      expect(environ.get('D')).toBe('grüße $HOME');
      expect(environ.get('E')).toBe('');
    },
  },
  {
    id: 'env-no-leak',
    title: "nothing of the service's own environment reaches a job, which has only the usual names",
    settings: {
      SECRET_KEY: 'of-the-service',
      PMAN_ENV_0: 'of-the-service',
      LD_LIBRARY_PATH: '/of-the-service',
      AWS_SECRET_ACCESS_KEY: 'of-the-service',
    },
    async run(harness) {
      const { job } = await harness.run(WRITE_ENV, { env: ['OWN=1'] });
      const environ = await harness.written(job, 'environ');
      expect(environ).not.toContain('of-the-service');
      const unusual = [...parse(environ).keys()].filter(
        (name) => !USUAL_NAMES.has(name) && !CLUSTER_NAMES.test(name),
      );
      expect(unusual).toEqual(['OWN']);
    },
  },
  {
    id: 'env-wide',
    title: 'a variable of 100,000 characters arrives whole',
    async run(harness) {
      const value = 'x'.repeat(100_000);
      const { job } = await harness.run(WRITE_ENV, { env: [`WIDE=${value}`] });
      const environ = parse(await harness.written(job, 'environ'));
      expect(environ.get('WIDE') === value).toBe(true);
    },
  },
  {
    id: 'env-path',
    title: "a PATH of the request takes the place of the image's",
    async run(harness) {
      const env = ['PATH=/bin:/usr/bin:/of/the/request'];
      const { job } = await harness.run(WRITE_ENV, { env });
      const environ = parse(await harness.written(job, 'environ'));
      expect(environ.get('PATH')).toBe('/bin:/usr/bin:/of/the/request');
    },
  },
  {
    id: 'home-workaround',
    title: 'ENABLE_HOME_WORKAROUND sets HOME=/tmp unless the request sets HOME',
    settings: { ENABLE_HOME_WORKAROUND: 'yes' },
    async run(harness) {
      const own = await harness.run(WRITE_ENV);
      expect(parse(await harness.written(own.job, 'environ')).get('HOME')).toBe('/tmp');
      const given = await harness.run(WRITE_ENV, { env: ['HOME=/given'] });
      expect(parse(await harness.written(given.job, 'environ')).get('HOME')).toBe('/given');
    },
  },
];
