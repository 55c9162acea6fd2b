import type { Feature } from './target.js';

/** A feature that a target does not have, and how a user learns of it. */
export interface ExpectedRefusal {
  readonly target: string;
  readonly feature: Feature;
  /** Why there is nothing to refuse; otherwise the request below must be refused. */
  readonly because?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** The field or setting that the refusal names. */
  readonly field?: string;
  /** True for a setting with which the service does not start. */
  readonly isAtBoot?: boolean;
}

/** Read and agreed: every other missing feature fails the suite. */
export const EXPECTED_REFUSALS: readonly ExpectedRefusal[] = [
  {
    target: 'process',
    feature: 'images',
    because: 'the command is a program of the host; the boot log says that images are not used',
  },
  {
    target: 'process',
    feature: 'engine-names',
    because: 'records are found by jid in a folder of their own',
  },
  {
    target: 'process',
    feature: 'shm-size',
    settings: { SHM_SIZE: '96' },
    field: 'SHM_SIZE',
    isAtBoot: true,
  },
  {
    target: 'process',
    feature: 'gpu-refusal',
    overrides: { gpu_limit: 1 },
    field: 'gpu_limit',
  },
];
