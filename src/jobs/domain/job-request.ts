import type { EnvVar } from '../../scheduling/domain/job-spec.js';
import type { ImageRef } from '../../scheduling/domain/image-ref.js';
import type { JobName } from '../../scheduling/domain/job-name.js';
import type { Mebibytes, Millicores } from '../../shared/units.js';
import type { JobDirectories } from '../../storage/domain/storage.port.js';

/** How a plugin is fed: `ds` reads an input directory, `fs` and `ts` do not. */
export type PluginType = 'ds' | 'fs' | 'ts';

/** A job as a client asks for it: checked and normalised, before the deployment has its say. */
export interface JobRequest {
  readonly name: JobName;
  readonly owner: string;
  readonly image: ImageRef;
  readonly entrypoint: readonly string[];
  readonly args: readonly string[];
  readonly argsPathFlags: readonly string[];
  readonly type: PluginType;
  readonly env: readonly EnvVar[];
  readonly workers: number;
  readonly cpuLimit: Millicores;
  readonly memoryLimit: Mebibytes;
  readonly gpuLimit: number;
  readonly directories: JobDirectories;
}
