import { describe, expect, it } from 'vitest';
import type { SlurmClient } from '../../../clients/slurm/slurm-client.js';
import { SlurmControl } from './slurm-control.js';

const client = {
  rowsOf: () => Promise.resolve(new Map([['7', { state: 'COMPLETING', reason: 'None' }]])),
} as unknown as SlurmClient;

describe('the wait for the end of a job', () => {
  it('that is too long is told for what it is', async () => {
    const control = new SlurmControl(client);
    const never = () => Promise.resolve(false);
    await expect(control.untilEnded('7', never, AbortSignal.timeout(50))).rejects.toMatchObject({
      code: 'BackendUnavailable',
      retryable: true,
      message: 'SLURM has not ended the job in time',
    });
  });
});
