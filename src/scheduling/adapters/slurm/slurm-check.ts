import type { CheckResult } from '../../../shared/check-result.js';
import type { SlurmControl } from './slurm-control.js';
import { toSchedulingError } from './slurm-errors.js';
import type { SlurmRecords } from './slurm-records.js';

/** Whether SLURM answers and the records can be written. */
export async function checkSlurm(
  control: SlurmControl,
  records: SlurmRecords,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const mendSlurm = 'let SLURM_CONF name the slurm.conf of a cluster whose controller runs';
  const mendRecords =
    'let SLURM_RECORDS name a folder that this service and the nodes can write to';
  return [
    await point('slurm', control.ping(signal), mendSlurm),
    await point(
      'job records',
      records.probe().then(() => 'can be written to'),
      mendRecords,
    ),
  ];
}

async function point(name: string, answer: Promise<string>, mend: string): Promise<CheckResult> {
  try {
    return { name, ok: true, detail: await answer };
  } catch (error) {
    return { name, ok: false, detail: toSchedulingError(error).message, mend };
  }
}
