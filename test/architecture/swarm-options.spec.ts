import { loadConfig } from '../../src/config/load-config.js';
import { buildService } from '../../src/scheduling/adapters/swarm/swarm-request.js';
import { sampleSpec } from './sample-spec.js';
import { describeSettingsTable } from './settings-table.js';

/** The sample of the README, and the same with a GPU, as the settings of a deployment make them. */
function sampleService(settings: Readonly<Record<string, string>>): object {
  const { scheduler, jobs } = loadConfig({
    CONTAINER_ENV: 'swarm',
    VOLUME_NAME: 'store',
    HOME: '/home/me',
    ...settings,
  });
  if (scheduler.backend !== 'swarm') throw new Error('the settings are of another backend');
  const sample = sampleSpec(jobs);
  return {
    ...buildService(sample, scheduler.options),
    withGpu: buildService({ ...sample, gpuLimit: 1 }, scheduler.options),
  };
}

describeSettingsTable({
  where: 'a swarm',
  file: 'swarm-options.md',
  build: sampleService,
  places: [
    [/^gpu-task\./, 'withGpu.TaskTemplate.'],
    [/^task\./, 'TaskTemplate.'],
    [/^container\./, 'TaskTemplate.ContainerSpec.'],
  ],
  backends: ['swarm'],
  minimum: 12,
});
