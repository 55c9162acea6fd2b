import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from './cases/index.js';
import type { ContractCase } from './contract-case.js';
import { EXPECTED_REFUSALS } from './expected-refusals.js';
import { createStore, Harness, removeStore } from './harness.js';
import { startServiceProcess } from './service-process.js';
import type { ContractTarget, Feature } from './target.js';
import { chosenTargets } from './targets/index.js';

const has = (target: ContractTarget, needs: readonly Feature[] = []): boolean =>
  needs.every((feature) => target.features.includes(feature));

/** Services by their settings, so that most cases share one. */
class Services {
  private readonly started = new Map<string, Promise<Harness>>();

  constructor(private readonly target: ContractTarget) {}

  for({ id, settings = {}, alone }: Pick<ContractCase, 'id' | 'settings' | 'alone'>) {
    const key = alone === true ? id : JSON.stringify(settings);
    const running = this.started.get(key) ?? this.start(settings);
    this.started.set(key, running);
    return running;
  }

  /** @returns the stores of all services */
  async removeAllJobs(): Promise<readonly string[]> {
    const harnesses = await this.running();
    for (const harness of harnesses) await harness.removeAll();
    return harnesses.map(({ store }) => store);
  }

  async close(): Promise<void> {
    for (const harness of await this.running()) await harness.close();
  }

  /** Without those that were expected not to start. */
  private async running(): Promise<readonly Harness[]> {
    const harnesses = await Promise.allSettled(this.started.values());
    return harnesses.flatMap((harness) => (harness.status === 'fulfilled' ? [harness.value] : []));
  }

  private async start(settings: Readonly<Record<string, string>>): Promise<Harness> {
    const store = await createStore();
    const variables = { STORAGE_TYPE: 'host', STOREBASE: store };
    try {
      const service = await startServiceProcess({
        ...variables,
        ...this.target.environment(store),
        ...settings,
      });
      return new Harness(this.target, service, store);
    } catch (error) {
      await removeStore(store);
      throw error;
    }
  }
}

describe.each(chosenTargets().map((target) => ({ target, name: target.name })))(
  'on $name',
  ({ target }) => {
    const services = new Services(target);
    const refusals = EXPECTED_REFUSALS.filter((refusal) => refusal.target === target.name);

    /** What others have on an engine that is not the suite's own. */
    let before: ReadonlySet<string> = new Set();

    beforeAll(async () => {
      await target.start();
      before = new Set(await target.listOwn(''));
    });
    afterAll(async () => {
      await services.close();
      await target.stop();
    });

    describe.concurrent('the service promises that', () => {
      it.for(CASES.filter(({ needs }) => has(target, needs)))('[$id] $title', async (contract) => {
        await contract.run(await services.for(contract));
      });
    });

    const refused = refusals.filter(({ because }) => because === undefined);
    describe.runIf(refused.length > 0)('what cannot be had is refused:', () => {
      it.for(refused.filter(({ seen }) => seen === 'no-start'))(
        '$feature at boot, naming $field',
        async ({ settings = {}, field = '' }) => {
          await expect(services.for({ id: 'refusal', settings })).rejects.toThrow(field);
        },
      );

      it.for(refused.filter(({ seen }) => seen === 'boot-warning'))(
        '$feature with a warning at boot, naming $field',
        async ({ settings = {}, field = '' }) => {
          const { serviceLog } = await services.for({ id: 'refusal', settings });
          const warnings = serviceLog.filter((line) => line.includes('"level":40'));
          expect(warnings.filter((line) => line.includes(field))).toHaveLength(1);
        },
      );

      it.for(refused.filter(({ seen }) => seen === undefined))(
        '$feature with 400 naming $field',
        async ({ settings = {}, overrides = {}, field }) => {
          const harness = await services.for({ id: 'refusal', settings });
          const { status, body } = await harness.post(await harness.job('true', overrides));
          expect(status).toBe(400);
          expect(Object.keys(body['message'] ?? {})).toEqual([field]);
          expect(JSON.stringify(body)).toContain(target.name);
        },
      );
    });

    it('every feature is either promised or an agreed refusal', () => {
      const needed = new Set(CASES.flatMap(({ needs = [] }) => needs));
      const missing = [...needed].filter((feature) => !target.features.includes(feature));
      const agreed = new Set(refusals.map(({ feature }) => feature));
      expect(missing.toSorted()).toEqual([...agreed].toSorted());
    });

    // The last of all: it ends and forgets what the cases have left.
    it('nothing is left on the backend when every job was removed', async () => {
      const stores = await services.removeAllJobs();
      const left = await Promise.all(stores.map((store) => target.listOwn(store)));
      expect(left.flat().filter((name) => !before.has(name))).toEqual([]);
    });
  },
);
