import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { VARIABLES } from '../../src/config/environment.js';
import { sampleJob } from '../../scripts/lib/sample-job.mjs';
import {
  demand,
  eventually,
  freePort,
  lastLineOf,
  run,
  startEngine,
  stopEngine,
} from './commands.js';
import { buildImage } from './build-image.js';

const ENGINE = 'image';
const IMAGE = 'pman:test';
const STORE = '/var/local/storeBase';

describe('the image, brought up by docker-compose.yml', () => {
  let env: NodeJS.ProcessEnv;
  let compose: string;
  let url: string;
  let container: string;

  const docker = (...args: string[]): Promise<string> => demand('docker', args, { env });
  const inside = (...args: string[]): Promise<string> => docker('exec', container, ...args);
  const composed = (...args: string[]): Promise<string> =>
    demand(compose, ['--project-name', 'pman-test', ...args], { env });

  beforeAll(async () => {
    const address = await startEngine('docker', ENGINE);
    const socket = address.replace('unix://', '');
    const port = await freePort();
    url = `http://127.0.0.1:${port}/api/v1/`;
    env = {
      ...process.env,
      DOCKER_HOST: address,
      DOCKER_SOCKET: socket,
      DOCKER_GID: String((await stat(socket)).gid),
      PMAN_IMAGE: IMAGE,
      PMAN_LISTEN: `127.0.0.1:${port}`,
      VOLUME_NAME: 'pman-test-store',
    };
    await lastLineOf('images/base.sh', address);
    await lastLineOf('images/build.sh', 'docker', address);
    await buildImage(IMAGE, env);
    compose = await lastLineOf('compose/build.sh');
    await composed('up', '--detach', '--no-build');
    container = await composed('ps', '--quiet', 'pman');
    await eventually(isReady, 60, 'the service is ready');
  });

  afterAll(async () => {
    await stopEngine('docker', ENGINE);
  });

  async function isReady(): Promise<true | undefined> {
    const answer = await fetch(url.replace('/api/v1/', '/health/ready')).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  }

  it('passes only settings that the service knows', async () => {
    const known = VARIABLES.map(({ name }) => name);
    const file = await demand(compose, ['config', '--format', 'json'], { env });
    const { services } = JSON.parse(file) as {
      services: { pman: { environment: Record<string, string> } };
    };
    for (const name of Object.keys(services.pman.environment)) expect(known).toContain(name);
  });

  it('runs as nobody, without capabilities, on a file system it cannot write', async () => {
    const status = await inside('cat', '/proc/1/status');
    expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(status).toMatch(/^CapEff:\t0{16}$/m);
    expect(status).toMatch(/^CapBnd:\t0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    const written = await run('docker', ['exec', container, 'touch', '/app/new'], { env });
    expect(written.output).toContain('Read-only file system');
  });

  it('holds what the service needs and nothing else', async () => {
    expect((await inside('ls', '/app')).split('\n')).toEqual([
      'LICENSE',
      'compile-cache',
      'dist',
      'package.json',
    ]);
    expect(await inside('find', 'dist', '-type', 'f', '!', '-path', 'dist/bundle/*')).toBe('');
    expect(await inside('find', 'dist', '-name', '*.map', '-o', '-name', '*.spec.js')).toBe('');
    const licenses = await inside('cat', 'dist/bundle/THIRD-PARTY-LICENSES');
    for (const name of Object.keys(packageJson.dependencies)) {
      expect(licenses).toContain(`\n${name} `);
    }
  });

  it('becomes healthy', async () => {
    const health = async (): Promise<string | undefined> => {
      const word = await docker('inspect', '--format', '{{.State.Health.Status}}', container);
      return word === 'starting' ? undefined : word;
    };
    expect(await eventually(health, 60, 'the health is known')).toBe('healthy');
  });

  it('runs a job to its end, with its output in the volume, and forgets it', async () => {
    await inside('sh', '-c', `mkdir -p ${STORE}/a/in && echo hello >${STORE}/a/in/greeting.txt`);
    const job = sampleJob({
      jid: 'compose-1',
      inputDir: 'a/in',
      outputDir: 'a/made/out',
      image: 'local/probe:1',
    });
    const posted = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(job),
    });
    expect([posted.status, await posted.text()]).toEqual([201, expect.any(String)]);
    const ended = await eventually(() => finalJob('compose-1'), 60, 'the job has ended');
    expect(ended).toMatchObject({
      status: 'finishedSuccessfully',
      logs: 'reading /share/incoming\nwrote /share/outgoing\n',
    });
    expect(await inside('cat', `${STORE}/a/made/out/greeting.txt`)).toBe('HELLO');
    const remove = (): Promise<Response> => fetch(`${url}compose-1/`, { method: 'DELETE' });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  async function finalJob(jid: string): Promise<{ status: string } | undefined> {
    const answer = await fetch(`${url}${jid}/`);
    const body = (await answer.json()) as { status: string };
    return body.status.startsWith('finished') ? body : undefined;
  }

  it('ends at once when it is told to', async () => {
    const begun = Date.now();
    await composed('stop', 'pman');
    expect(Date.now() - begun).toBeLessThan(5_000);
    const code = await docker('inspect', '--format', '{{.State.ExitCode}}', container);
    expect(['0', '143']).toContain(code);
  });

  it('starts with docker run as a user of its own choice', async () => {
    const hardened = ['--read-only', '--cap-drop', 'ALL', '--user', '4711:4711'];
    const store = ['--env', 'STORAGE_TYPE=host', '--env', 'STOREBASE=/var/local/storeBase'];
    const id = await docker('run', '--detach', ...hardened, ...store, IMAGE);
    const listening = async (): Promise<true | undefined> => {
      const { output } = await run('docker', ['logs', id], { env });
      return output.includes('listening') ? true : undefined;
    };
    await eventually(listening, 30, 'it listens');
    expect(await docker('exec', id, 'id', '-u')).toBe('4711');
  });

  it('is deployed as a stack of a swarm by docker-stack.yml, and runs jobs there', async () => {
    await docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
    await docker('stack', 'deploy', '--compose-file', 'docker-stack.yml', 'chris');
    const label = 'label=com.docker.swarm.service.name=chris_pman';
    const healthy = ['ps', '--quiet', '--filter', label, '--filter', 'health=healthy'];
    const id = await eventually(
      async () => (await docker(...healthy)) || undefined,
      90,
      'the service of the stack is healthy',
    );
    const greet = `mkdir -p ${STORE}/stack/in && echo hello >${STORE}/stack/in/greeting.txt`;
    await docker('exec', id, 'sh', '-c', greet);
    const job = sampleJob({
      jid: 'stack-1',
      inputDir: 'stack/in',
      outputDir: 'b/out',
      image: 'local/probe:1',
    });
    // Nothing outside its network reaches it.
    const call = (path: string, init: object): Promise<string> =>
      docker(
        'exec',
        id,
        'node',
        '--eval',
        `fetch('http://127.0.0.1:5010${path}', ${JSON.stringify(init)})
          .then(async (answer) => console.log(answer.status, await answer.text()))`,
      );
    expect(await call('/health/ready', {})).toMatch(/^200 /);
    const headers = { 'content-type': 'application/json' };
    const posted = { method: 'POST', headers, body: JSON.stringify(job) };
    expect(await call('/api/v1/', posted)).toMatch(/^201 /);
    const ended = async (): Promise<string | undefined> => {
      const answer = await call('/api/v1/stack-1/', {});
      return answer.includes('finished') ? answer : undefined;
    };
    expect(await eventually(ended, 60, 'the job has ended')).toContain('finishedSuccessfully');
    const written = ['exec', id, 'cat', `${STORE}/b/out/greeting.txt`];
    expect(await docker(...written)).toBe('HELLO');
    expect(await call('/api/v1/stack-1/', { method: 'DELETE' })).toMatch(/^204/);
    await docker('stack', 'rm', 'chris');
  });

  it('has a description and a licence', async () => {
    const labels = await docker('inspect', '--format', '{{json .Config.Labels}}', IMAGE);
    expect(JSON.parse(labels)).toMatchObject({
      'org.opencontainers.image.title': packageJson.name,
      'org.opencontainers.image.licenses': packageJson.license,
    });
  });
});
