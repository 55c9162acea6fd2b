import { IsIn, IsString } from 'class-validator';
import { Variable } from './variable.js';

/** Child processes of this host. */
export class ProcessEnvironment {
  @Variable(
    '~/.local/state/pman/jobs',
    "Folder where the `process` backend keeps its jobs' records and logs",
    ['process'],
  )
  @IsString()
  PROCESS_RECORDS?: string;

  @Variable(
    '',
    'The words `callers-may-run-programs-on-this-host` let the `process` backend listen beyond loopback',
    ['process'],
  )
  @IsIn(['callers-may-run-programs-on-this-host'])
  PROCESS_REMOTE_ACCESS?: string;
}
