import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/environment.js';
import { loadConfig } from '../../src/config/load-config.js';
import { buildJob } from '../../src/scheduling/adapters/kubernetes/kubernetes-request.js';
import { mebibytes } from '../../src/shared/units.js';
import { jobSpec } from '../fakes/builders.js';

const TABLE = resolve(import.meta.dirname, '../../docs/kubernetes-options.md');
const ROW = /^\| +(?:none|`([A-Z_]+)=(.+?)`) +\| +(?:`(.+?)`|no place.*?) +\| +(?:`(.+?)`)? *\|$/gm;
const CLUSTERS = new Set(['kubernetes', 'openshift']);
const PREFIXES = [
  [/^pod\./, 'spec.template.spec.'],
  [/^container\./, 'spec.template.spec.containers.0.'],
] as const;

const rows = [...readFileSync(TABLE, 'utf8').matchAll(ROW)].map(
  ([, variable, setting = '', place, value = '']) => ({ variable, setting, place, value }),
);

/** The sample of the README as the settings of a deployment make it. */
function sampleJob(settings: Readonly<Record<string, string>>): object {
  const { scheduler } = loadConfig({
    CONTAINER_ENV: 'kubernetes',
    VOLUME_NAME: 'store',
    HOME: '/home/me',
    ...settings,
  });
  if (scheduler.backend !== 'kubernetes') throw new Error('the settings are of another backend');
  const sample = { command: ['sh', '-c', 'echo'], memoryLimit: mebibytes(128) };
  return buildJob(jobSpec(sample), scheduler.options);
}

/** What stands at a place such as `pod.nodeSelector` or `metadata.labels["a.b/c"]`. */
function at(job: object, place: string): unknown {
  const path = PREFIXES.reduce((text, [prefix, full]) => text.replace(prefix, full), place);
  const keys = [...path.matchAll(/\["(.+?)"\]|([^.[]+)/g)].map(([, quoted, key]) => quoted ?? key);
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key ?? ''],
    job,
  );
}

describe('the table of what settings do to a job on a cluster', () => {
  it('has every variable that only clusters have', () => {
    const ofClusters = VARIABLES.filter(({ only = ['all'] }) =>
      only.every((backend) => CLUSTERS.has(backend)),
    );
    const named = new Set(rows.map(({ variable }) => variable));
    expect(ofClusters.length).toBeGreaterThan(10);
    expect(ofClusters.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it.each(rows.filter(({ place }) => place !== undefined))(
    'is right of $variable=$setting at $place',
    ({ variable, setting, place = '', value }) => {
      const job = sampleJob(variable === undefined ? {} : { [variable]: setting });
      expect(at(job, place)).toEqual(JSON.parse(value));
    },
  );

  it.each(rows.filter(({ variable, place }) => variable !== undefined && place === undefined))(
    'is right that $variable=$setting changes nothing of the sample',
    ({ variable = '', setting }) => {
      expect(sampleJob({ [variable]: setting })).toEqual(sampleJob({}));
    },
  );
});
