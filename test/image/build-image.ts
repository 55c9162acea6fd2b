import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { demand, run } from './commands.js';

/** Certificates that this machine's npm is told to trust, and its own settings: the build needs them too. */
async function npmSecrets(): Promise<string[]> {
  const authority =
    process.env['NODE_EXTRA_CA_CERTS'] ??
    (await demand('npm', ['config', 'get', 'cafile', '--loglevel=error']));
  const files = [
    ['npmrc', join(homedir(), '.npmrc')],
    ['ca', authority],
  ] as const;
  const present = await Promise.all(
    files.map(async ([id, path]) => {
      const isThere = await access(path).then(
        () => true,
        () => false,
      );
      return isThere ? ['--secret', `id=${id},src=${path}`] : [];
    }),
  );
  return present.flat();
}

/** Newer clients build by a plugin that may be missing: the first client that knows secrets is taken. */
async function buildingClient(env: NodeJS.ProcessEnv): Promise<string> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const client = join(folder, 'docker');
    const help = await run(client, ['build', '--help'], { env }).catch(() => undefined);
    if (help?.code === 0 && help.output.includes('--secret')) return client;
  }
  throw new Error('no docker client on the PATH can build with BuildKit');
}

/** Builds the Dockerfile with BuildKit on the engine that `env` names. */
export async function buildImage(tag: string, env: NodeJS.ProcessEnv): Promise<void> {
  const withBuildKit = { ...env, DOCKER_BUILDKIT: '1' };
  const client = await buildingClient(withBuildKit);
  const args = ['build', '--network', 'host', '--tag', tag, ...(await npmSecrets()), '.'];
  await demand(client, args, { env: withBuildKit });
}
