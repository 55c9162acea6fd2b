import { access, constants, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { JobSpec } from '../../domain/job-spec.js';
import { jobRefused } from '../../domain/scheduling-errors.js';
import { hasErrno } from './process-errors.js';
import { DEFAULT_PATH } from './process-request.js';
import { replaceSharePaths } from './share-paths.js';

type Finding = 'runs' | 'missing' | 'not executable';

/**
 * Looks for the job's program as execvp(3) will, before anything is left behind.
 * @throws DomainError `JobRefused` when there is none
 */
export async function assertCommandExists(spec: JobSpec): Promise<void> {
  const program = spec.command[0] ?? '';
  const candidates = candidatePaths(program, spec);
  let outcome: Finding = 'missing';
  for (const path of candidates) {
    // The job may see its directories under other names than the service does.
    const finding = await examine(replaceSharePaths(path, spec.mounts));
    if (finding === 'runs') return;
    if (finding === 'not executable') outcome = finding;
  }
  if (outcome === 'not executable') throw jobRefused(`the command "${program}" is not executable`);
  throw jobRefused(`the command "${program}" was not found`);
}

function candidatePaths(program: string, spec: JobSpec): readonly string[] {
  if (program === '') return [];
  if (program.includes('/')) return [posix.resolve('/', program)];
  const path = spec.env.findLast(({ name }) => name === 'PATH')?.value ?? DEFAULT_PATH;
  return path.split(':').map((directory) => posix.resolve('/', directory, program));
}

async function examine(path: string): Promise<Finding> {
  try {
    if ((await stat(path)).isDirectory()) return 'not executable';
    await access(path, constants.X_OK);
    return 'runs';
  } catch (error) {
    return hasErrno(error, 'EACCES', 'EPERM') ? 'not executable' : 'missing';
  }
}
