import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from './cases/index.js';
import type { ContractCase } from './contract-case.js';
import { EXPECTED_REFUSALS } from './expected-refusals.js';
import { createStore, Harness } from './harness.js';
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

  async close(): Promise<void> {
    const harnesses = await Promise.allSettled(this.started.values());
    for (const harness of harnesses) {
      if (harness.status === 'fulfilled') await harness.value.close();
    }
  }

  private async start(settings: Readonly<Record<string, string>>): Promise<Harness> {
    const store = await createStore();
    const variables = { STORAGE_TYPE: 'host', STOREBASE: store };
    const service = await startServiceProcess({
      ...variables,
      ...this.target.environment(store),
      ...settings,
    });
    return new Harness(this.target, service, store);
  }
}

describe.each(chosenTargets().map((target) => ({ target, name: target.name })))(
  'on $name',
  ({ target }) => {
    const services = new Services(target);
    const refusals = EXPECTED_REFUSALS.filter((refusal) => refusal.target === target.name);

    beforeAll(() => target.start());
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
      it.for(refused.filter(({ isAtBoot }) => isAtBoot === true))(
        '$feature at boot, naming $field',
        async ({ settings = {}, field = '' }) => {
          await expect(services.for({ id: 'refusal', settings })).rejects.toThrow(field);
        },
      );

      it.for(refused.filter(({ isAtBoot }) => isAtBoot !== true))(
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
      expect(missing.toSorted()).toEqual(refusals.map(({ feature }) => feature).toSorted());
    });
  },
);
