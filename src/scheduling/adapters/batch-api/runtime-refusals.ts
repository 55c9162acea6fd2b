import type { JobSpec } from '../../domain/job-spec.js';
import { jobRefused } from '../../domain/scheduling-errors.js';
import type { ContainerRuntime } from './batch-options.js';

/** @throws DomainError `JobRefused` for what the runtime would hand on changed */
export function refuseWhatWouldChange({ env }: JobSpec, runtime: ContainerRuntime): void {
  if (runtime !== 'podman') return;
  // Its --env makes a CR LF an LF (seen with 4.3).
  const changed = env.find(({ value }) => value.includes('\r\n'));
  if (changed === undefined) return;
  const { name } = changed;
  throw jobRefused(`env: Podman on SLURM cannot hand on the CR LF in the value of ${name}`);
}
