// Times the service against an engine of its own, beside calls of the engine itself.
//
//   npm run bench -- [--engine docker|podman|swarm] [R1 R7 ...]
//
// With DOCKER_HOST, and without --engine, it is that engine, which must have the image local/probe:1.
// Needs root for an engine of its own, and wrk (Debian package wrk). Exit code 1 where a bar is missed.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ROOT, run, withLocalPrograms } from './lib/commands.mjs';

const ENGINES = { docker: 'docker', podman: 'podman', swarm: 'docker' };
const BENCH = join(ROOT, 'test/bench/bench.ts');
const script = (path) => join(ROOT, 'test/engines', path);

const { values, positionals: rows } = parseArgs({
  options: { engine: { type: 'string' } },
  allowPositionals: true,
});
const engine = values.engine ?? (process.env.DOCKER_HOST === undefined ? 'docker' : undefined);

async function onOwnEngine() {
  const env = { ...process.env, NAME: `bench-${engine}` };
  const { stdout } = await promisify(execFile)('bash', [script(`${engine}/up.sh`)], { env });
  const host = /DOCKER_HOST=(\S+)\s*$/.exec(stdout)?.[1] ?? '';
  try {
    await run('bash', [script('images/build.sh'), ENGINES[engine], host]);
    return await run('node', [BENCH, ...rows], {
      env: withLocalPrograms({ ...process.env, DOCKER_HOST: host }),
    });
  } finally {
    await promisify(execFile)('bash', [script(`${engine}/down.sh`)], { env });
  }
}

if (engine !== undefined && !(engine in ENGINES)) {
  console.error(`--engine: one of ${Object.keys(ENGINES).join(', ')}`);
  process.exitCode = 1;
} else {
  process.exitCode = await (engine === undefined ? run('node', [BENCH, ...rows]) : onOwnEngine());
}
