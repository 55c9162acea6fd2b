import type { SchedulerCapabilities } from '../../domain/capabilities.js';
import { canChangeUser, type HostAbilities } from './host-abilities.js';

/** What the backend can do on a host with these abilities. */
export function processCapabilities(abilities: HostAbilities): SchedulerCapabilities {
  return Object.freeze({
    backend: 'process',
    workers: 'many',
    cpuLimit: abilities.cgroups.cpu === undefined ? 'unenforced' : 'hard',
    memoryLimit: abilities.cgroups.memory === undefined ? 'unenforced' : 'hard',
    gpus: 'no',
    shmSize: 'no',
    user: canChangeUser(abilities) ? 'yes' : 'no',
    labels: 'yes',
    timeLimit: 'service',
    names: 'shared',
    mountSources: ['host-path'],
  } satisfies SchedulerCapabilities);
}
