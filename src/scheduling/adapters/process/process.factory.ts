import type { EventLog } from '../../../shared/event-log.js';
import { detectHost } from './detect-host.js';
import { describeAbilities } from './host-abilities.js';
import { ProcessScheduler, type ProcessOptions } from './process.scheduler.js';

/** Looks at the host once, says in the log what it can and cannot do, and makes the backend. */
export async function createProcessScheduler(
  options: ProcessOptions,
  log: EventLog,
): Promise<ProcessScheduler> {
  const abilities = await detectHost(options.recordDirectory);
  for (const sentence of describeAbilities(abilities)) log.info(sentence);
  return new ProcessScheduler(options, abilities);
}
