import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleJob } from '../../scripts/lib/sample-job.mjs';
import {
  environmentExample,
  replaceBetweenMarks,
  variableTable,
} from '../../scripts/lib/tables.mjs';
import { VARIABLES } from '../../src/config/environment.js';
import { DOCKER_CAPABILITIES } from '../../src/scheduling/adapters/docker/docker.capabilities.js';
import { KUBERNETES_CAPABILITIES } from '../../src/scheduling/adapters/kubernetes/kubernetes.capabilities.js';
import { NO_CGROUPS } from '../../src/scheduling/adapters/process/host-abilities.js';
import { processCapabilities } from '../../src/scheduling/adapters/process/process.capabilities.js';
import { SWARM_CAPABILITIES } from '../../src/scheduling/adapters/swarm/swarm.capabilities.js';
import type { SchedulerCapabilities } from '../../src/scheduling/domain/capabilities.js';
import { demand, eventually, freePort, ROOT, start, type Running } from './commands.js';

const README = await readFile(join(ROOT, 'README.md'), 'utf8');
const OLD_ADDRESS = 'http://127.0.0.1:5010';

function section(title: string): string {
  return README.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , content]) => content ?? '');
}

describe('the documented settings', () => {
  it('are those of the service, in the README', () => {
    expect(replaceBetweenMarks(README, 'variables', variableTable(VARIABLES))).toBe(README);
  });

  it('are those of the service, in .env.example', async () => {
    const example = await readFile(join(ROOT, '.env.example'), 'utf8');
    expect(example).toBe(environmentExample(VARIABLES));
  });
});

/** A capability of jobs that is not in the table does not compile. */
const ROW_OF: Record<Exclude<keyof SchedulerCapabilities, 'backend' | 'hints'>, string> = {
  workers: 'workers > 1',
  cpuLimit: 'CPU limit',
  memoryLimit: 'memory limit',
  gpus: 'GPUs',
  shmSize: 'SHM_SIZE',
  user: 'CONTAINER_USER',
  labels: 'JOB_LABELS',
  timeLimit: 'JOB_TIMEOUT',
  mountSources: 'store',
};

const KEYS = Object.keys(ROW_OF) as (keyof typeof ROW_OF)[];

const AS_USER = {
  uid: 1000,
  gid: 1000,
  namespaces: 'none',
  shareMount: false,
  dropPrivileges: false,
  boundedLogs: true,
  cgroups: NO_CGROUPS,
  accounts: [],
} as const;
const CGROUPS = { version: 'v2', memory: '/m', cpu: '/c', pids: '/p' } as const;
const AS_ROOT = { ...AS_USER, uid: 0, gid: 0, dropPrivileges: true, cgroups: CGROUPS };

const isSupported = (value: unknown): boolean =>
  !['no', 'one', 'unenforced'].includes(String(value));

describe('the table of what works where', () => {
  const rows = section('What works where')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const cell = (feature: string, backend: string): string => {
    const column = rows[0]?.indexOf(backend) ?? 0;
    return rows.find(([, title]) => title === feature)?.[column] ?? 'no such row';
  };

  it.each(KEYS)('tells the truth about %s on Docker', (key) => {
    const expected = isSupported(DOCKER_CAPABILITIES[key]) ? /^yes\b/ : /^no\b/;
    expect(cell(ROW_OF[key], 'docker')).toMatch(expected);
  });

  it.each(KEYS)('tells the truth about %s on a swarm', (key) => {
    const expected = isSupported(SWARM_CAPABILITIES[key]) ? /^yes\b/ : /^no\b/;
    expect(cell(ROW_OF[key], 'swarm')).toMatch(expected);
  });

  it.each(KEYS)('tells the truth about %s on Kubernetes', (key) => {
    const expected = isSupported(KUBERNETES_CAPABILITIES[key]) ? /^yes\b/ : /^no\b/;
    expect(cell(ROW_OF[key], 'kubernetes')).toMatch(expected);
  });

  it.each(KEYS)('tells the truth about %s as processes', (key) => {
    const [best, worst] = [processCapabilities(AS_ROOT)[key], processCapabilities(AS_USER)[key]];
    const always = isSupported(worst) ? /^yes\b/ : /^as root\b/;
    expect(cell(ROW_OF[key], 'process')).toMatch(isSupported(best) ? always : /^no\b/);
  });
});

describe('the session with curl', () => {
  const session = section('A session with curl');
  const [prepare = '', post = '', get = '', read = '', remove = ''] = blocks(session, 'bash');
  const [posted = '', ended = ''] = blocks(session, 'json');
  const [output = '', removed = ''] = blocks(session, 'text');
  let home: string;
  let service: Running;
  let url: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'pman-readme-'));
    url = `http://127.0.0.1:${await freePort()}`;
    const store = join(home, '.local/state/pman/store');
    await demand('mkdir', ['-p', store]);
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      CONTAINER_ENV: 'process',
      STOREBASE: store,
      PORT: new URL(url).port,
    };
    service = start('node', [join(ROOT, 'dist/bundle/main.js')], { cwd: home, env });
    await eventually(
      async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok || undefined,
      60,
      'the service is ready',
    );
  });

  afterAll(async () => {
    service.signal('SIGTERM');
    await service.ended;
    await rm(home, { recursive: true, force: true });
  });

  const inShell = (commands: string): Promise<string> =>
    demand('bash', ['-euc', commands.replaceAll(OLD_ADDRESS, url)], {
      env: { ...process.env, HOME: home },
    });

  const parsed = (text: string): Record<string, string> =>
    JSON.parse(text) as Record<string, string>;

  it('shows the job that quickstart runs', () => {
    const [, body = '{}'] = /<<'JSON'\n([\s\S]*)\nJSON/.exec(post) ?? [];
    const names = { jid: 'demo-1', inputDir: 'demo/in', outputDir: 'demo/out' };
    expect(JSON.parse(body)).toEqual(sampleJob(names));
  });

  it('works as it is written, with the answers that it shows', async () => {
    await inShell(prepare);
    const timestamp = expect.any(String) as string;
    expect(parsed(await inShell(post))).toEqual({
      ...parsed(posted),
      timestamp,
      status: expect.stringMatching(/^(?:not)?started$/) as string,
      message: timestamp,
    });
    const final = parsed(await inShell(get));
    expect(final).toEqual({ ...parsed(ended), timestamp });
    expect(Date.parse(final['timestamp'] ?? '')).not.toBeNaN();
    expect(await inShell(read)).toBe(output.trim());
    expect(await inShell(remove)).toBe(removed.trim());
  });
});

describe('the commands in the README', () => {
  it('exist', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of README.matchAll(/npm run ([\w:-]+)/g)) {
      expect(scripts).toHaveProperty([name]);
    }
  });
});
