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

  /** @param wrapper a command that replaces itself by the service */
  async serve(
    variables: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ): Promise<Harness> {
    const settings = {
      CONTAINER_ENV: 'slurm',
      STORAGE_TYPE: 'host',
      STOREBASE: this.store,
      SLURM_CONF: this.site.configuration,
      SLURM_CONTAINER_PROGRAM: this.site.runtime,
      SLURM_RECORDS: `${this.store}.records`,
      ...variables,
    };
    const service = await startServiceProcess(settings, wrapper);
    const harness = new Harness(target, service, this.store);
    this.harnesses.push(harness);
    return harness;
  }

  /** A service whose sbatch is the given script; `$SBATCH` is SLURM's own. */
  async serveWithSbatch(name: string, script: string): Promise<Harness> {
    return this.serve({ PATH: await this.pathWithSbatch(name, script) });
  }

  /** @returns a search path on which sbatch is the given script */
  async pathWithSbatch(name: string, script: string): Promise<string> {
    const folder = join(`${this.store}.records`, name);
    await mkdir(folder, { recursive: true });
    const path = process.env['PATH'] ?? '';
    const own = `SBATCH=$(PATH='${path}' command -v sbatch)`;
    await writeFile(join(folder, 'sbatch'), `#!/bin/sh\n${own}\n${script}\n`);
    await chmod(join(folder, 'sbatch'), 0o755);
    // Whoever runs it leaves marks beside it.
    await chmod(folder, 0o777);
    return `${folder}:${path}`;
  }

  /**
   * How many questions the controller gets in a time in which jobs are asked for without a pause. The time
   * begins behind a question, so that the one at its edge does not count as one too many.
   */
  async questionsWhileAsking(
    harness: Harness,
    jids: readonly string[],
    milliseconds: number,
  ): Promise<number> {
    const askAll = () => Promise.all(jids.map((jid) => harness.get(jid)));
    const before = await this.site.questions();
    let began = before;
    while (began === before) {
      await askAll();
      began = await this.site.questions();
    }
    // One look of the commands is two questions, of which the second may come a moment later.
    await askAll();
    began = await this.site.questions();
    const end = performance.now() + milliseconds;
    while (performance.now() < end) await askAll();
    return (await this.site.questions()) - began;
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
