import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleJob } from '../../scripts/lib/sample-job.mjs';
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
