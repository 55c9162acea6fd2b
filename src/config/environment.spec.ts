import { describe, expect, it } from 'vitest';
import { ENVIRONMENT_CLASSES, VARIABLES } from './environment.js';
import { loadConfig } from './load-config.js';

const PREDECESSOR = [
  'SECRET_KEY',
  'CONTAINER_ENV',
  'STORAGE_TYPE',
  'STOREBASE',
  'VOLUME_NAME',
  'PFCON_SELECTOR',
  'CONTAINER_USER',
  'ENABLE_HOME_WORKAROUND',
  'SHM_SIZE',
  'JOB_LABELS',
  'JOB_LOGS_TAIL',
  'IGNORE_LIMITS',
  'REMOVE_JOBS',
  'JOB_NAMESPACE',
  'NODE_SELECTOR',
  'IMAGE_PULL_SECRETS',
  'CROMWELL_URL',
  'TIMELIMIT_MINUTES',
  'DOCKER_HOST',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'PORT',
  'HOST',
];

describe('the table of variables', () => {
  it('has every variable of the earlier versions', () => {
    expect(VARIABLES.map(({ name }) => name)).toEqual(expect.arrayContaining(PREDECESSOR));
  });

  it('explains each in one line', () => {
    for (const { help } of VARIABLES) expect(help).toMatch(/^\S.{5,}$/);
  });

  it('has defaults that are themselves accepted', () => {
    const plain = VARIABLES.filter(({ default: value }) => /^[\w.=]+$/.test(value));
    const raw = Object.fromEntries(plain.map(({ name, default: value }) => [name, value]));
    expect(plain.length).toBeGreaterThan(5);
    expect(() => loadConfig(raw)).not.toThrow();
  });

  it('explains every field that is read', () => {
    expect(VARIABLES.map(({ name }) => name)).toEqual(
      ENVIRONMENT_CLASSES.flatMap((group) => Object.keys(new group())),
    );
  });
});
