import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/fakes/config-problems.js';
import { loadConfig } from './load-config.js';

describe('the configuration of an empty environment', () => {
  it('is Docker with the volume of the pfcon container, on port 5010', () => {
    const config = loadConfig({});
    expect(config.http).toEqual({ host: '0.0.0.0', port: 5010 });
    expect(config.logLevel).toBe('info');
    expect(config.scheduler).toMatchObject({
      backend: 'docker',
      options: {
        memoryLimit: 'hard',
        capabilities: 'minimal',
        network: undefined,
        imageEntrypoint: 'keep',
        logFileMebibytes: 10,
        registryAuthFile: undefined,
      },
    });
    expect(config.storage).toMatchObject({
      type: 'docker_local_volume',
      volumeName: undefined,
      pfconSelector: 'org.chrisproject.role=pfcon',
    });
    expect(config.warnings).toEqual([]);
  });

  it('decides nothing about jobs but the length of their logs and that they are removed', () => {
    expect(loadConfig({}).jobs).toEqual({
      user: { uid: undefined, gid: undefined },
      homeWorkaround: false,
      shmSize: undefined,
      labels: {},
      logsTail: 1000,
      ignoreLimits: false,
      removeJobs: true,
      allowedImages: undefined,
    });
  });

  it('is the same when every variable is set to nothing', () => {
    const empty = {
      CONTAINER_ENV: '',
      STOREBASE: '',
      PORT: '',
      DOCKER_HOST: '',
      ALLOWED_IMAGES: '',
    };
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });
});

describe('a configuration with problems', () => {
  it('names all of them at once', () => {
    const problems = problemsOf({
      CONTAINER_ENV: 'kubernets',
      STORAGE_TYPE: 'host',
      CONTAINER_USER: 'root',
      SHM_SIZE: '64m',
      PORT: '99999',
      DOCKER_HOST: 'ssh://engine',
      JOB_LABELS: 'no-equals-sign',
      LOG_LEVEL: 'loud',
    });
    expect(problems.map((problem) => problem.split(':', 1)[0]).toSorted()).toEqual([
      'CONTAINER_ENV',
      'CONTAINER_USER',
      'DOCKER_HOST',
      'JOB_LABELS',
      'LOG_LEVEL',
      'PORT',
      'SHM_SIZE',
      'STOREBASE',
    ]);
  });

  it('never repeats a value', () => {
    const secret = 's3cr3t-value';
    const raw = {
      CONTAINER_ENV: secret,
      STORAGE_TYPE: secret,
      CONTAINER_USER: secret,
      ENABLE_HOME_WORKAROUND: secret,
      SHM_SIZE: secret,
      JOB_LABELS: secret,
      JOB_LOGS_TAIL: secret,
      IGNORE_LIMITS: secret,
      REMOVE_JOBS: secret,
      MEMORY_LIMIT: secret,
      DOCKER_HOST: `ftp://${secret}`,
      ALLOWED_IMAGES: `${secret}//..`,
      CROMWELL_URL: secret,
      NODE_SELECTOR: secret,
      PROCESS_REMOTE_ACCESS: secret,
      PORT: secret,
      LOG_LEVEL: secret,
    };
    const problems = problemsOf(raw);
    expect(problems).toHaveLength(Object.keys(raw).length);
    expect(problems.join('\n')).not.toContain(secret);
  });

  it('says so in one message with a line for each', () => {
    expect(() => loadConfig({ PORT: 'x', LOG_LEVEL: 'x' })).toThrow(/2 problem\(s\):\n- .*\n- /);
  });

  it.each([
    ['CONTAINER_ENV', 'Docker'],
    ['STORAGE_TYPE', 'nfs'],
    ['COMPUTE_VOLUME_TYPE', 'nfs'],
    ['ENABLE_HOME_WORKAROUND', 'maybe'],
    ['SHM_SIZE', '0'],
    ['SHM_SIZE', '-5'],
    ['SHM_SIZE', '1.5'],
    ['SHM_SIZE', '0x10'],
    ['SHM_SIZE', '1048577'],
    ['JOB_LABELS', 'a'],
    ['JOB_LABELS', '=b'],
    ['JOB_LABELS', 'org.chrisproject.pman.jid=mine'],
    ['JOB_LOGS_TAIL', '-2'],
    ['JOB_LOGS_TAIL', 'all'],
    ['IGNORE_LIMITS', '2'],
    ['REMOVE_JOBS', 'never'],
    ['MEMORY_LIMIT', 'medium'],
    ['JOB_CAPABILITIES', 'ALL'],
    ['IMAGE_ENTRYPOINT', 'drop'],
    ['ALLOWED_IMAGES', ' , '],
    ['ALLOWED_IMAGES', 'docker.io/Fnndsc'],
    ['ALLOWED_IMAGES', '*'],
    ['JOB_LOG_FILE_MIB', '0'],
    ['NODE_SELECTOR', 'zone'],
    ['CROMWELL_URL', 'cromwell:8000'],
    ['TIMELIMIT_MINUTES', '0'],
    ['PROCESS_REMOTE_ACCESS', 'yes'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['LOG_LEVEL', 'trace'],
    ['STOREBASE_MOUNT', 'store'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(`^${name}: `)]);
  });
});

describe('a setting', () => {
  it.each(['yes', 'y', 'true', 'T', 'on', '1', ' YES '])('is switched on by %j', (word) => {
    expect(loadConfig({ IGNORE_LIMITS: word }).jobs.ignoreLimits).toBe(true);
  });

  it.each(['no', 'n', 'False', 'f', 'off', '0'])('is switched off by %j', (word) => {
    expect(loadConfig({ REMOVE_JOBS: word }).jobs.removeJobs).toBe(false);
  });

  it('of JOB_LOGS_TAIL is a number of lines, none for 0 and all for -1', () => {
    expect(loadConfig({ JOB_LOGS_TAIL: '42' }).jobs.logsTail).toBe(42);
    expect(loadConfig({ JOB_LOGS_TAIL: '0' }).jobs.logsTail).toBe(0);
    expect(loadConfig({ JOB_LOGS_TAIL: '-1' }).jobs.logsTail).toBeUndefined();
  });

  it('of JOB_LABELS keeps equals signs and empty values', () => {
    const { labels } = loadConfig({ JOB_LABELS: 'a=1, b=x=y,c=,' }).jobs;
    expect(labels).toEqual({ a: '1', b: 'x=y', c: '' });
  });

  it('of SHM_SIZE is mebibytes', () => {
    expect(loadConfig({ SHM_SIZE: '64' }).jobs.shmSize).toBe(64);
  });

  it('of podman chooses the same backend and looks for its socket first', () => {
    const { scheduler } = loadConfig({ CONTAINER_ENV: 'podman', XDG_RUNTIME_DIR: '/run/user/7' });
    expect(scheduler).toMatchObject({
      backend: 'docker',
      engine: {
        paths: [
          '/run/podman/podman.sock',
          '/run/user/7/podman/podman.sock',
          '/var/run/docker.sock',
          '/run/user/7/docker.sock',
        ],
      },
    });
  });

  it('of ALLOWED_IMAGES becomes prefixes without a closing slash, and the demand for a digest', () => {
    expect(loadConfig({ ALLOWED_IMAGES: 'docker.io/fnndsc/, digest' }).jobs.allowedImages).toEqual({
      prefixes: ['docker.io/fnndsc'],
      digestOnly: true,
    });
  });

  it('under the name COMPUTE_VOLUME_TYPE stands for STORAGE_TYPE and must not contradict it', () => {
    const alias = { COMPUTE_VOLUME_TYPE: 'host', STOREBASE: '/srv/store' };
    expect(loadConfig(alias).storage.type).toBe('host');
    expect(problemsOf({ ...alias, STORAGE_TYPE: 'docker_local_volume' })).toContainEqual(
      expect.stringMatching(/^COMPUTE_VOLUME_TYPE: contradicts/),
    );
  });
});

describe('CONTAINER_USER', () => {
  it.each([
    ['1000:1000', { low: 1000, high: 1000 }, { low: 1000, high: 1000 }],
    ['1000:', { low: 1000, high: 1000 }, undefined],
    [':2000', undefined, { low: 2000, high: 2000 }],
    [':', undefined, undefined],
    ['1000-1999:5-9', { low: 1000, high: 1999 }, { low: 5, high: 9 }],
    ['0:0', { low: 0, high: 0 }, { low: 0, high: 0 }],
    ['4294967294:1', { low: 4294967294, high: 4294967294 }, { low: 1, high: 1 }],
  ])('%s is understood', (text, uid, gid) => {
    expect(loadConfig({ CONTAINER_USER: text }).jobs.user).toEqual({ uid, gid });
  });

  it.each([
    '1000',
    '1:2:3',
    'root:root',
    '1000-:1',
    '-5:1',
    '20-10:1',
    '1.5:1',
    ' 1:1',
    '4294967295:1',
    '99999999999:1',
    '1-2-3:1',
  ])('%j is refused', (text) => {
    expect(problemsOf({ CONTAINER_USER: text })).toEqual([
      'CONTAINER_USER: must be UID:GID, each empty, a number or a range LOW-HIGH up to 4294967294',
    ]);
  });
});
