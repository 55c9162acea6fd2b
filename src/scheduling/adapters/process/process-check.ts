import { randomUUID } from 'node:crypto';
import { mkdir, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckResult } from '../../../shared/check-result.js';
import { assertInTime, endBy } from './deadline.js';
import { describeAbilities, type HostAbilities } from './host-abilities.js';
import { toSchedulingError } from './process-errors.js';

const MIB = 1024 * 1024;
const MIN_FREE_MIB = 64;

/** Whether jobs can be recorded and run here; never throws. */
export async function checkHost(
  recordDirectory: string,
  abilities: HostAbilities,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  return [
    await checkRecords(recordDirectory, signal),
    await checkSpace(recordDirectory, signal),
    { name: 'isolation', ok: true, detail: describeAbilities(abilities).join('; ') },
  ];
}

async function checkRecords(directory: string, signal: AbortSignal): Promise<CheckResult> {
  const name = 'job records';
  try {
    assertInTime(signal);
    await endBy(signal, writeProbe(directory));
    return { name, ok: true, detail: 'the folder of the job records can be written to' };
  } catch (error) {
    const mend = 'let PROCESS_RECORDS name a folder that the service may write to';
    return { name, ok: false, detail: toSchedulingError(error).message, mend };
  }
}

async function writeProbe(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const probe = join(directory, `.check.${randomUUID()}`);
  await writeFile(probe, 'ok');
  await unlink(probe);
}

async function checkSpace(directory: string, signal: AbortSignal): Promise<CheckResult> {
  const name = 'disk of the job records';
  const mend = `free at least ${MIN_FREE_MIB} MiB on the disk that PROCESS_RECORDS lies on`;
  try {
    assertInTime(signal);
    const { bavail, bsize } = await endBy(signal, statfs(directory));
    const free = Math.floor((bavail * bsize) / MIB);
    const detail = `${free} MiB are free`;
    return free < MIN_FREE_MIB ? { name, ok: false, detail, mend } : { name, ok: true, detail };
  } catch (error) {
    return { name, ok: false, detail: toSchedulingError(error).message, mend };
  }
}
