import { loadConfig } from '../../src/config/load-config.js';
import { buildJob } from '../../src/scheduling/adapters/kubernetes/kubernetes-request.js';
import { sampleSpec } from './sample-spec.js';
import { describeSettingsTable } from './settings-table.js';

/** The sample of the README as the settings of a deployment make it. */
function sampleJob(settings: Readonly<Record<string, string>>): object {
  const { scheduler, jobs } = loadConfig({
    CONTAINER_ENV: 'kubernetes',
    VOLUME_NAME: 'store',
    HOME: '/home/me',
    ...settings,
  });
  if (scheduler.backend !== 'kubernetes') throw new Error('the settings are of another backend');
  return buildJob(sampleSpec(jobs), scheduler.options);
}

describeSettingsTable({
  where: 'a cluster',
  file: 'kubernetes-options.md',
  build: sampleJob,
  places: [
    [/^pod\./, 'spec.template.spec.'],
    [/^container\./, 'spec.template.spec.containers.0.'],
  ],
  backends: ['kubernetes', 'openshift'],
  minimum: 10,
});
