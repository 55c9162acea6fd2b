import type { CheckResult } from '../../../shared/check-result.js';
import type { SlurmControl } from './slurm-control.js';
import { toSchedulingError } from './slurm-errors.js';

/** Whether SLURM answers. */
export async function checkSlurm(
  control: SlurmControl,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const name = 'slurm';
  try {
    return [{ name, ok: true, detail: await control.ping(signal) }];
  } catch (error) {
    const mend = 'let SLURM_CONF name the slurm.conf of a cluster whose controller runs';
    return [{ name, ok: false, detail: toSchedulingError(error).message, mend }];
  }
}
