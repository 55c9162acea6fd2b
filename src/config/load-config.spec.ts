import { describe, expect, it } from 'vitest';
import type { AppConfig } from './app-config.js';
import { ConfigError, loadConfig } from './load-config.js';

const HOST_STORE = { STORAGE_TYPE: 'host', STOREBASE: '/srv/store' };

function problemsOf(raw: Record<string, unknown>): readonly string[] {
  try {
    loadConfig(raw);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function withHostStore(raw: Record<string, string> = {}): AppConfig {
  return loadConfig({ ...HOST_STORE, ...raw });
}

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
    const empty = { CONTAINER_ENV: '', STOREBASE: '', PORT: '', DOCKER_HOST: '', ALLOWED_IMAGES: '' };
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
      engine: { paths: ['/run/podman/podman.sock', '/run/user/7/podman/podman.sock', '/var/run/docker.sock', '/run/user/7/docker.sock'] },
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

describe('the store', () => {
  it.each([
    '/',
    '//',
    '/srv/..',
    '/etc',
    '/etc/',
    '/etc/pman',
    '/srv/../etc',
    '/proc',
    '/proc/1/root',
    '/sys',
    '/dev',
    '/dev/shm',
    '/boot',
    '/run',
    '/run/docker',
    '/run/user',
    '/var/run',
    '/var/run/docker.sock',
    '/var',
  ])('must not be %s', (STOREBASE) => {
    expect(problemsOf({ STORAGE_TYPE: 'host', STOREBASE })).toEqual([
      expect.stringMatching(/^STOREBASE: must not /),
    ]);
  });

  it.each(['/srv/store', '/etcetera', '/home/a/etc', '/procession', '/run/user/1000/store', '/runs'])(
    'may be %s',
    (STOREBASE) => {
      expect(loadConfig({ STORAGE_TYPE: 'host', STOREBASE }).storage).toMatchObject({
        storeBase: STOREBASE,
      });
    },
  );

  it('is normalised', () => {
    const { storage } = loadConfig({ STORAGE_TYPE: 'host', STOREBASE: '/srv//a/../store/' });
    expect(storage).toMatchObject({ storeBase: '/srv/store' });
  });

  it.each(['store', './store', '~/store'])('must be an absolute path, unlike %s', (STOREBASE) => {
    expect(problemsOf({ STORAGE_TYPE: 'host', STOREBASE })).toEqual([
      'STOREBASE: must be an absolute path',
    ]);
  });

  it('must be named when its type is host', () => {
    expect(problemsOf({ STORAGE_TYPE: 'host' })).toEqual([
      'STOREBASE: must be set when STORAGE_TYPE is host',
    ]);
  });

  it.each([
    [{ DOCKER_HOST: 'unix:///srv/store/docker.sock' }],
    [{ DOCKER_HOST: 'unix:///srv/store/deeper/docker.sock' }],
    [{ XDG_RUNTIME_DIR: '/srv/store' }],
    [{ HOME: '/srv/store' }],
  ])('must not contain the socket of the engine: %j', (raw) => {
    expect(problemsOf({ ...HOST_STORE, ...raw })).toEqual([
      "STOREBASE: must not lie in or contain the engine's socket",
    ]);
  });

  it.each(['/srv/store', '/srv/store/records', '/srv'])(
    'must not contain nor lie in the records of the process backend at %s',
    (PROCESS_RECORDS) => {
      const raw = { ...HOST_STORE, CONTAINER_ENV: 'process', PROCESS_RECORDS };
      expect(problemsOf(raw)).toEqual(['STOREBASE: must not lie in or contain PROCESS_RECORDS']);
    },
  );

  it('is either a directory or a volume, never both', () => {
    expect(problemsOf({ ...HOST_STORE, VOLUME_NAME: 'v' })).toEqual([
      expect.stringMatching(/^VOLUME_NAME: conflicts/),
    ]);
    expect(problemsOf({ STOREBASE: '/srv/store' })).toEqual([
      expect.stringMatching(/^STOREBASE: conflicts/),
    ]);
  });
});

describe('the process backend', () => {
  const PROCESS = { CONTAINER_ENV: 'process', STOREBASE: '/srv/store', HOME: '/home/a' };

  it('listens on loopback and keeps its records below the home directory', () => {
    const config = loadConfig(PROCESS);
    expect(config.http.host).toBe('127.0.0.1');
    expect(config.storage).toMatchObject({ type: 'host', mustBeVisible: true });
    expect(config.scheduler).toEqual({
      backend: 'process',
      recordDirectory: '/home/a/.local/state/pman/jobs',
    });
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.0.0.1.evil.test'])(
    'refuses to listen on %s',
    (HOST) => {
      expect(problemsOf({ ...PROCESS, HOST })).toEqual([expect.stringMatching(/^HOST: /)]);
    },
  );

  it.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost'])('listens on %s', (HOST) => {
    expect(loadConfig({ ...PROCESS, HOST }).http.host).toBe(HOST);
  });

  it('listens anywhere when told so in words', () => {
    const words = { PROCESS_REMOTE_ACCESS: 'callers-may-run-programs-on-this-host' };
    expect(loadConfig({ ...PROCESS, HOST: '0.0.0.0', ...words }).http.host).toBe('0.0.0.0');
  });

  it('has no volumes and no size for /dev/shm', () => {
    expect(problemsOf({ CONTAINER_ENV: 'process', STORAGE_TYPE: 'docker_local_volume' })).toEqual([
      'STORAGE_TYPE: must be host when CONTAINER_ENV is process',
    ]);
    expect(problemsOf({ ...PROCESS, SHM_SIZE: '64' })).toEqual([
      'SHM_SIZE: cannot be set when CONTAINER_ENV is process',
    ]);
  });
});

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
    const usual = { PATH: '/bin', HOSTNAME: 'a', HOME: '/home/a', LANG: 'C', NODE_ENV: 'x', SHELL: 'x', LOGNAME: 'a' };
    expect(withHostStore(usual).warnings).toEqual([]);
  });

  it.each([
    [{ JOB_NAMESPACE: 'x' }, 'JOB_NAMESPACE has no effect: it needs CONTAINER_ENV=kubernetes'],
    [{ NODE_SELECTOR: 'a=b' }, 'NODE_SELECTOR has no effect: it needs CONTAINER_ENV=kubernetes'],
    [{ IMAGE_PULL_SECRETS: 'x' }, 'IMAGE_PULL_SECRETS has no effect: it needs CONTAINER_ENV=kubernetes'],
    [{ CROMWELL_URL: 'http://x' }, 'CROMWELL_URL has no effect: it needs CONTAINER_ENV=cromwell'],
    [{ TIMELIMIT_MINUTES: '5' }, 'TIMELIMIT_MINUTES has no effect: it needs CONTAINER_ENV=cromwell'],
    [{ PROCESS_RECORDS: '/x' }, 'PROCESS_RECORDS has no effect: it needs CONTAINER_ENV=process'],
    [{ PFCON_SELECTOR: 'a=b' }, 'PFCON_SELECTOR has no effect: it needs STORAGE_TYPE=docker_local_volume'],
    [{ DOCKER_TLS_VERIFY: '1' }, 'DOCKER_TLS_VERIFY has no effect: the engine is not spoken to by TLS'],
    [{ DOCKER_CERT_PATH: '/c' }, 'DOCKER_CERT_PATH has no effect: the engine is not spoken to by TLS'],
  ])('is given for the setting without effect %j', (raw, warning) => {
    expect(withHostStore(raw).warnings).toEqual([warning]);
  });

  it('is given for a selector that a volume name overrules', () => {
    expect(loadConfig({ VOLUME_NAME: 'v', PFCON_SELECTOR: 'a=b' }).warnings).toEqual([
      'PFCON_SELECTOR has no effect: VOLUME_NAME names the store',
    ]);
  });

  it('is given for the settings of an engine where there is none', () => {
    const raw = { CONTAINER_ENV: 'process', JOB_NETWORK: 'none', DOCKER_HOST: 'tcp://a:1' };
    expect(withHostStore(raw).warnings).toEqual([
      'JOB_NETWORK has no effect: it needs CONTAINER_ENV=docker or podman',
      'DOCKER_HOST has no effect: it needs CONTAINER_ENV=docker or podman',
    ]);
  });

  it('is not given for the unused SECRET_KEY of earlier versions', () => {
    expect(withHostStore({ SECRET_KEY: 'x' }).warnings).toEqual([]);
  });
});
