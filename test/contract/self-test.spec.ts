import { ConfigModule } from '@nestjs/config';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load-config.js';
import { PinoEventLog } from '../../src/http/pino-event-log.js';
import { createProcessScheduler } from '../../src/scheduling/adapters/process/process.factory.js';
import { DEFECTS, spoiled, type Defect } from './broken-backends.js';
import { CASES } from './cases/index.js';
import { createStore, Harness } from './harness.js';
import type { RunningService } from './service-process.js';
import { processTarget } from './targets/process-target.js';

const END_DEADLINE_MS = 20_000;
const NONE: Defect = { title: 'is sound', noticedBy: '', spoil: () => ({}) };

/** The service in this process, over the process backend with a defect. */
async function harnessWith(
  defect: Defect,
  settings: Readonly<Record<string, string>>,
): Promise<Harness> {
  const store = await createStore();
  const target = processTarget();
  const variables = { STORAGE_TYPE: 'host', STOREBASE: store, ...target.environment(store) };
  const config = loadConfig({ ...variables, ...settings });
  const module = await ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true });
  const log = new PinoEventLog('fatal');
  if (config.scheduler.backend !== 'process') throw new Error('not the process backend');
  const sound = await createProcessScheduler(config.scheduler, log);
  const app = await createApp(config, module, log, () => Promise.resolve(spoiled(sound, defect)));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const service: RunningService = {
    baseUrl: `http://127.0.0.1:${port}`,
    pid: process.pid,
    output: [],
    crashAndRestart: () => Promise.reject(new Error('this service cannot crash alone')),
    startReplica: () => Promise.reject(new Error('this service is alone')),
    stop: async () => {
      await app.close();
      // A defect may have left processes behind.
      const signal = AbortSignal.timeout(END_DEADLINE_MS);
      for (const { name } of await sound.list(signal)) await sound.remove(name, signal);
    },
  };
  return new Harness(target, service, store);
}

/** Whether a case of the contract holds for a backend with a defect. */
async function holds(defect: Defect, id: string): Promise<boolean> {
  const contract = CASES.find((candidate) => candidate.id === id);
  if (contract === undefined) throw new Error(`there is no case ${id}`);
  const harness = await harnessWith(defect, contract.settings ?? {});
  try {
    await contract.run(harness);
    return true;
  } catch {
    return false;
  } finally {
    await harness.close();
  }
}

describe.concurrent('the contract suite notices a backend that', () => {
  it.for(DEFECTS)('$title', async (defect) => {
    expect(await holds(NONE, defect.noticedBy)).toBe(true);
    expect(await holds(defect, defect.noticedBy)).toBe(false);
  });
});
