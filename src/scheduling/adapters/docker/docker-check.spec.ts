import { describe, expect, it } from 'vitest';
import { DockerEngine } from '../../../clients/docker-engine/docker-engine.js';
import { toEngineError } from '../../../clients/docker-engine/engine-error.js';
import { checkEngine } from './docker-check.js';

const signal = AbortSignal.timeout(60_000);

function check(code: string) {
  const engine = new DockerEngine({ kind: 'sockets', paths: ['/run/engine.sock'] });
  const error = Object.assign(new Error(`connect ${code}`), { code });
  engine.askVersion = () => Promise.reject(toEngineError(error));
  return checkEngine(engine, signal);
}

describe('the check of an engine that cannot be used', () => {
  it.each([
    ['ENOENT', /cannot be reached/, /^start Docker or Podman/],
    ['ECONNREFUSED', /cannot be reached/, /mount the folder of the socket/],
    ['EACCES', /not allowed to use/, /DOCKER_GID/],
  ])('for %s says where it was looked for and what to do', async (code, detail, mend) => {
    const [result] = await check(code);
    expect(result).toMatchObject({
      ok: false,
      detail: expect.stringMatching(detail),
      mend: expect.stringMatching(mend),
    });
    expect(result?.detail).toContain('unix:///run/engine.sock');
  });
});
