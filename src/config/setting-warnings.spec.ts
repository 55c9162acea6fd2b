import { describe, expect, it } from 'vitest';
import type { AppConfig } from './app-config.js';
import { loadConfig } from './load-config.js';

const HOST_STORE = { STORAGE_TYPE: 'host', STOREBASE: '/srv/store' };

function withHostStore(raw: Record<string, string> = {}): AppConfig {
  return loadConfig({ ...HOST_STORE, ...raw });
}

describe('a warning at boot', () => {
  it.each([
    ['STOREBASE_MONT', 'STOREBASE_MOUNT'],
    ['CONTAINER_USR', 'CONTAINER_USER'],
    ['JOB_LABEL', 'JOB_LABELS'],
    ['IGNORE_LIMIT', 'IGNORE_LIMITS'],
    ['SHM_SIZES', 'SHM_SIZE'],
  ])('tells the nearest name for %s', (name, nearest) => {
    expect(withHostStore({ [name]: 's3cret' }).warnings).toEqual([
      `${name} is not a setting of this service: is ${nearest} meant?`,
    ]);
  });

  it('leaves the variables of everybody else alone', () => {
    const usual = {
      PATH: '/bin',
      HOSTNAME: 'a',
      HOME: '/home/a',
      LANG: 'C',
      NODE_ENV: 'x',
      SHELL: 'x',
      LOGNAME: 'a',
    };
    expect(withHostStore(usual).warnings).toEqual([]);
  });

  it.each([
    [
      { JOB_NAMESPACE: 'x' },
      'JOB_NAMESPACE has no effect: it needs CONTAINER_ENV=kubernetes or openshift',
    ],
    [
      { NODE_SELECTOR: 'a=b' },
      'NODE_SELECTOR has no effect: it needs CONTAINER_ENV=swarm or kubernetes or openshift',
    ],
    [
      { IMAGE_PULL_SECRETS: 'x' },
      'IMAGE_PULL_SECRETS has no effect: it needs CONTAINER_ENV=kubernetes or openshift',
    ],
    [{ CROMWELL_URL: 'http://x' }, 'CROMWELL_URL has no effect: it needs CONTAINER_ENV=cromwell'],
    [
      { TIMELIMIT_MINUTES: '5' },
      'TIMELIMIT_MINUTES has no effect: it needs CONTAINER_ENV=cromwell or slurm',
    ],
    [{ PROCESS_RECORDS: '/x' }, 'PROCESS_RECORDS has no effect: it needs CONTAINER_ENV=process'],
    [
      { PFCON_SELECTOR: 'a=b' },
      'PFCON_SELECTOR has no effect: it needs STORAGE_TYPE=docker_local_volume',
    ],
    [
      { DOCKER_TLS_VERIFY: '1' },
      'DOCKER_TLS_VERIFY has no effect: the engine is not spoken to by TLS',
    ],
    [
      { DOCKER_CERT_PATH: '/c' },
      'DOCKER_CERT_PATH has no effect: the engine is not spoken to by TLS',
    ],
  ])('is given for the setting without effect %j', (raw, warning) => {
    expect(withHostStore(raw).warnings).toEqual([warning]);
  });

  it('is given for a selector that a volume name overrules', () => {
    expect(loadConfig({ VOLUME_NAME: 'v', PFCON_SELECTOR: 'a=b' }).warnings).toEqual([
      'PFCON_SELECTOR has no effect: VOLUME_NAME names the store',
    ]);
  });

  it('is given for the settings of an engine where there is none', () => {
    const engine = { JOB_NETWORK: 'none', DOCKER_HOST: 'tcp://a:1' };
    const raw = { CONTAINER_ENV: 'process', HOME: '/home/a', ...engine };
    expect(withHostStore(raw).warnings).toEqual([
      'JOB_NETWORK has no effect: it needs CONTAINER_ENV=docker or podman or swarm',
      'DOCKER_HOST has no effect: it needs CONTAINER_ENV=docker or podman or swarm',
    ]);
  });

  it('is not given for the unused SECRET_KEY of earlier versions', () => {
    expect(withHostStore({ SECRET_KEY: 'x' }).warnings).toEqual([]);
  });
});
