import type { SlurmOptions } from './slurm-options.js';

export const OPTIONS: SlurmOptions = {
  transport: 'commands',
  runtime: 'podman',
  program: 'podman',
  imageStorage: undefined,
  imageEntrypoint: 'keep',
  partition: undefined,
  account: undefined,
  qos: undefined,
  constraint: undefined,
  timeLimitMinutes: undefined,
  accounting: true,
  recordDirectory: '/records',
};
