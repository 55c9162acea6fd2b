import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Harness } from './harness.js';
import { startServiceProcess } from './service-process.js';
import { chosenTargets } from './targets/index.js';
import { isEngineTarget, type EngineTarget } from './targets/engine-target.js';

const SCRIPT =
  'cat /share/incoming/greeting; tr a-z A-Z </share/incoming/greeting >/share/outgoing/loud';

/** Runs a job of the store, as the service's client would. @returns what the job wrote. */
async function runJob(harness: Harness, store: string): Promise<string> {
  const job = await harness.job(SCRIPT);
  await writeFile(join(store, job.input_dir, 'greeting'), 'hello\n');
  // A client that never makes the output directory.
  const fresh = { ...job, output_dir: `${job.output_dir}/made/for-the-job` };
  await harness.submit(fresh);
  expect(await harness.finish(fresh.jid)).toMatchObject({
    status: 'finishedSuccessfully',
    logs: 'hello\n',
  });
  const written = await readFile(join(store, fresh.output_dir, 'loud'), 'utf8');
  expect(await harness.delete(fresh.jid)).toMatchObject({ status: 204 });
  return written;
}

async function start(
  target: EngineTarget,
  store: string,
  settings: Readonly<Record<string, string>>,
): Promise<Harness> {
  const service = await startServiceProcess({
    ...target.environment(store),
    STORAGE_TYPE: 'docker_local_volume',
    ...settings,
  });
  return new Harness(target, service, store);
}

const engines = chosenTargets().filter(isEngineTarget);

describe.each(engines.map((target) => ({ target, name: target.name })))(
  'a store in a volume of $name',
  ({ target }) => {
    beforeAll(() => target.start());
    afterAll(() => target.stop());

    it('is found by VOLUME_NAME', async () => {
      const volume = await target.createVolume(`contract-named-${process.pid}`);
      const harness = await start(target, volume.mountpoint, { VOLUME_NAME: volume.name });
      expect(await runJob(harness, volume.mountpoint)).toBe('HELLO\n');
      await harness.stop();
      await volume.dispose();
    });

    it('is all that stays: a volume that the image declares goes with its job', async () => {
      const volume = await target.createVolume(`contract-kept-${process.pid}`);
      await target.deriveImage('probe-volume', 'VOLUME /scratch');
      const harness = await start(target, volume.mountpoint, { VOLUME_NAME: volume.name });
      const before = await target.listVolumes();
      const { job, answer } = await harness.run('touch /scratch/file', {
        image: 'local/probe-volume:1',
      });
      expect(answer['status']).toBe('finishedSuccessfully');
      expect(await target.listVolumes()).toHaveLength(before.length + 1);
      expect((await harness.delete(job.jid)).status).toBe(204);
      expect((await target.listVolumes()).toSorted()).toEqual(before.toSorted());
      await harness.stop();
      await volume.dispose();
    });

    it('is found through the container that mounts it, as soon as that runs', async () => {
      const volume = await target.createVolume(`contract-found-${process.pid}`);
      const label = `contract.pman=${process.pid}`;
      const harness = await start(target, volume.mountpoint, { PFCON_SELECTOR: label });
      await mkdir(join(volume.mountpoint, 'key'), { recursive: true });
      const early = await harness.ready();
      expect(early.status).toBe(503);
      expect(JSON.stringify(early.body)).toContain(`no running container with the label ${label}`);
      const pfcon = await target.runPfcon(volume.name, label);
      await expect.poll(async () => (await harness.ready()).status, { timeout: 10_000 }).toBe(200);
      expect(await runJob(harness, volume.mountpoint)).toBe('HELLO\n');
      await harness.stop();
      await pfcon.dispose();
      await volume.dispose();
    });
  },
);
