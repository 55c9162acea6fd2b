import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createStore, Harness, removeStore } from '../contract/harness.js';
import { startServiceProcess } from '../contract/service-process.js';
import type { ContractTarget } from '../contract/target.js';
import { SlurmSite } from './slurm-site.js';

/** A real SLURM, of two nodes unless told otherwise, and services at one store that submit to it. */
export class SlurmRig {
  private readonly harnesses: Harness[] = [];

  private constructor(
    readonly site: SlurmSite,
    readonly store: string,
  ) {}

  static async up(
    name: string,
    variables: Readonly<Record<string, string>> = { SLURM_NODES: '2' },
  ): Promise<SlurmRig> {
    const site = await SlurmSite.up({ NAME: name, ...variables });
    return new SlurmRig(site, await createStore());
  }

  async serve(variables: Readonly<Record<string, string>> = {}): Promise<Harness> {
    const service = await startServiceProcess({
      CONTAINER_ENV: 'slurm',
      STORAGE_TYPE: 'host',
      STOREBASE: this.store,
      SLURM_CONF: this.site.configuration,
      SLURM_CONTAINER_PROGRAM: this.site.runtime,
      SLURM_RECORDS: `${this.store}.records`,
      ...variables,
    });
    const harness = new Harness(target, service, this.store);
    this.harnesses.push(harness);
    return harness;
  }

  /** A service whose sbatch is the given script; `$SBATCH` is SLURM's own. */
  async serveWithSbatch(name: string, script: string): Promise<Harness> {
    const folder = join(`${this.store}.records`, name);
    await mkdir(folder, { recursive: true });
    const path = process.env['PATH'] ?? '';
    const own = `SBATCH=$(PATH='${path}' command -v sbatch)`;
    await writeFile(join(folder, 'sbatch'), `#!/bin/sh\n${own}\n${script}\n`);
    await chmod(join(folder, 'sbatch'), 0o755);
    return this.serve({ PATH: `${folder}:${path}` });
  }

  async stopServices(): Promise<void> {
    await Promise.all(this.harnesses.splice(0).map((harness) => harness.stop()));
  }

  async down(): Promise<void> {
    await this.stopServices();
    await this.site.down();
    await removeStore(this.store);
  }
}

const nothing = (): never => {
  throw new Error('the fault suite does not ask for this');
};

const target: ContractTarget = {
  name: 'slurm',
  features: [],
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  environment: () => ({}),
  labels: nothing,
  placeForeignObject: nothing,
  idOf: nothing,
  logBytes: nothing,
  listOwn: nothing,
};
