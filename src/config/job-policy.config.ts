import type { JobPolicy } from '../jobs/domain/job-policy.js';
import { OWN_LABEL_PREFIX } from '../scheduling/domain/own-labels.js';
import { mebibytes, seconds } from '../shared/units.js';
import { parseAllowedImages } from './allowed-images.js';
import { parseContainerUser, parseKeyValueList, parseYesOrNo } from './environment-rules.js';
import type { Environment } from './environment.js';

/** What every job gets, whatever the backend. */
export function loadJobPolicy(environment: Environment, problems: string[]): JobPolicy {
  const yes = (text: string | undefined, fallback: boolean): boolean =>
    text === undefined ? fallback : (parseYesOrNo(text) ?? fallback);
  const labels = parseKeyValueList(environment.JOB_LABELS ?? '') ?? {};
  if (Object.keys(labels).some((key) => key.startsWith(OWN_LABEL_PREFIX))) {
    problems.push(`JOB_LABELS: keys that begin with ${OWN_LABEL_PREFIX} are the service's own`);
  }
  const allowed = parseAllowedImages(environment.ALLOWED_IMAGES);
  if ('reason' in allowed) problems.push(`ALLOWED_IMAGES: ${allowed.reason}`);
  const tail = environment.JOB_LOGS_TAIL ?? 1000;
  return {
    user: parseContainerUser(environment.CONTAINER_USER ?? ':') ?? {
      uid: undefined,
      gid: undefined,
    },
    homeWorkaround: yes(environment.ENABLE_HOME_WORKAROUND, false),
    shmSize: environment.SHM_SIZE === undefined ? undefined : mebibytes(environment.SHM_SIZE),
    labels,
    timeLimit: environment.JOB_TIMEOUT === undefined ? undefined : seconds(environment.JOB_TIMEOUT),
    logsTail: tail < 0 ? undefined : tail,
    ignoreLimits: yes(environment.IGNORE_LIMITS, false),
    removeJobs: yes(environment.REMOVE_JOBS, true),
    allowedImages: 'reason' in allowed ? undefined : allowed.images,
  };
}
