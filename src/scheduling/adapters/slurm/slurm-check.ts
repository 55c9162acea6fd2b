import type { CheckResult } from '../../../shared/check-result.js';
import type { SlurmOptions } from './slurm-options.js';
import type { SlurmControl } from './slurm-control.js';
import { toSchedulingError } from './slurm-errors.js';

const MENDS: Readonly<Record<SlurmOptions['transport'], string>> = {
  commands: 'let SLURM_CONF name the slurm.conf of a cluster whose controller runs',
  slurmrestd:
    'let SLURMRESTD_URL name a slurmrestd whose controller runs, and renew the token of SLURM_JWT_FILE',
};

/** Whether SLURM answers. */
export async function checkSlurm(
  control: SlurmControl,
  transport: SlurmOptions['transport'],
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const name = 'slurm';
  try {
    return [{ name, ok: true, detail: await control.ping(signal) }];
  } catch (error) {
    const { message: detail } = toSchedulingError(error);
    return [{ name, ok: false, detail, mend: MENDS[transport] }];
  }
}
