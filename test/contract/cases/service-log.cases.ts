import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';

const SECRET = 'never-to-be-logged';

export const SERVICE_LOG_CASES: readonly ContractCase[] = [
  {
    id: 'service-log',
    title:
      "the service's own log is one JSON record a line and has no value of a job's environment",
    settings: { LOG_LEVEL: 'info' },
    async run(harness) {
      const env = [`TOKEN=${SECRET}`];
      const forged = 'x\r\n{"level":"fatal","msg":"forged"}\u001b[31m';
      await harness.run('exit 1', { env, args: [`--password=${SECRET}`], auid: forged });
      await harness.post(await harness.job('true', { env, args: [SECRET], entrypoint: ['/no'] }));
      await harness.post(await harness.job('true', { env: [...env, SECRET], image: forged }));
      await harness.get(encodeURIComponent(forged));
      const log = harness.serviceLog;
      expect(log.join('\n')).not.toContain(SECRET);
      const records = log.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      expect(records.filter(({ msg }) => msg === 'forged')).toEqual([]);
    },
  },
];
