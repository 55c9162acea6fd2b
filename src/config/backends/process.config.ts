import { posix } from 'node:path';
import type { Environment, RawEnvironment } from '../environment.js';
import { textOf, type BackendLoader } from './backend-loader.js';

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;
const HOST = '127.0.0.1';

/** Child processes of this host. */
export const processBackend: BackendLoader = {
  storageTypes: ['host'],
  onThisHost: true,
  host: HOST,
  load(environment, raw, problems) {
    checkExposure(environment, problems);
    if (environment.SHM_SIZE !== undefined) {
      problems.push('SHM_SIZE: cannot be set when CONTAINER_ENV is process');
    }
    const recordDirectory = posix.resolve(recordFolder(environment, raw, problems));
    return {
      config: { backend: 'process', recordDirectory },
      // A job that writes into our records can make us run anything.
      reservedPaths: [{ path: recordDirectory, what: 'PROCESS_RECORDS' }],
      warnings: [],
    };
  },
};

/** Nowhere that others can foresee and make first: what lies there is run. */
function recordFolder(
  { PROCESS_RECORDS }: Environment,
  raw: RawEnvironment,
  problems: string[],
): string {
  if (PROCESS_RECORDS !== undefined) return PROCESS_RECORDS;
  const home = textOf(raw, 'HOME');
  if (home === undefined) problems.push('PROCESS_RECORDS: must be set where HOME is not');
  return `${home ?? ''}/.local/state/pman/jobs`;
}

function checkExposure(environment: Environment, problems: string[]): void {
  if (LOOPBACK.test(environment.HOST ?? HOST)) return;
  if (environment.PROCESS_REMOTE_ACCESS !== undefined) return;
  problems.push(
    'HOST: the process backend runs the programs of whoever reaches it on this host and listens ' +
      'on loopback only; set PROCESS_REMOTE_ACCESS=callers-may-run-programs-on-this-host to go beyond',
  );
}
