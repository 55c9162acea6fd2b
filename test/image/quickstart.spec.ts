import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, freePort, run, start, startEngine, stopEngine } from './commands.js';

const ENGINE = 'quickstart';
const STEPS = [
  /^The npm packages are installed\.$/m,
  /^The service (?:answers|is built)/m,
  /^POST .*\/api\/v1\//m,
  /^ {2}201 after .*: (?:not)?started$/m,
  /^ {2}finishedSuccessfully/m,
  /^ {4}reading \/share\/incoming$/m,
  /^ {4}HELLO FROM PMAN$/m,
  /^The job finished successfully, /m,
  /^Job quickstart-\w+ is removed; its files stay in /m,
  /^The service has ended\.$/m,
];

describe('npm run quickstart', () => {
  let home: string;
  let port: number;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'pman-quickstart-'));
    port = await freePort();
    const {
      DOCKER_HOST: _host,
      CONTAINER_ENV: _backend,
      XDG_RUNTIME_DIR: _run,
      ...rest
    } = process.env;
    env = { ...rest, HOME: home, XDG_STATE_HOME: join(home, 'state') };
  });

  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  const quickstart = (): string[] => [
    'run',
    '--silent',
    'quickstart',
    '--',
    '--port',
    String(port),
  ];

  function expectSteps(said: string): void {
    for (const step of STEPS) expect(said).toMatch(step);
  }

  it.each([
    ['docker', 'Docker'],
    ['podman', 'Podman'],
  ] as const)('runs the sample job on %s', async (kind, name) => {
    const address = await startEngine(kind, `${ENGINE}-${kind}`);
    try {
      const settings = { ...env, DOCKER_HOST: address };
      const { code, output } = await run('npm', [...quickstart(), '--once'], { env: settings });
      expect(output).toContain(`Jobs run as containers on ${name} `);
      expectSteps(output);
      expect(code).toBe(0);
    } finally {
      await stopEngine(kind, `${ENGINE}-${kind}`);
    }
  });

  it('runs the sample job as processes where there is no engine', async () => {
    // A mount namespace in which the usual places of the engines' sockets are empty.
    const hidden = 'mount -t tmpfs none /run && exec npm "$@"';
    const args = ['--mount', 'sh', '-c', hidden, 'sh', ...quickstart(), '--once'];
    const { code, output } = await run('unshare', args, { env });
    expect(output).toContain('No container engine: jobs run as processes of this machine');
    expectSteps(output);
    expect(code).toBe(0);
  });

  it('says so when the engine that it is told to take does not answer', async () => {
    const settings = { ...env, DOCKER_HOST: `unix://${home}/nothing.sock` };
    const { code, output } = await run('npm', [...quickstart(), '--once'], { env: settings });
    expect(output).toContain(`DOCKER_HOST is set, but there is no unix://${home}/nothing.sock`);
    expect(code).toBe(1);
  });

  it('serves until it is told to end, on the next port when its own is taken', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    const running = start('npm', quickstart(), { env: { ...env, CONTAINER_ENV: 'process' } });
    try {
      await eventually(
        () => Promise.resolve(running.said().includes('Serving until Ctrl-C.') || undefined),
        120,
        'it serves',
      );
    } finally {
      running.signal('SIGTERM');
      other.close();
    }
    await running.ended;
    const said = running.said();
    expect(said).toContain(`Port ${port} is taken; taking `);
    expect(said).toMatch(/curl -s http:\/\/127\.0\.0\.1:\d+\/api\/v1\/by-hand\//);
    expect(said.trimEnd()).toMatch(/\nThe service has ended\.$/);
  });
});
