import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mebibytes, millicores, seconds } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { specOf } from '../batch-api/batch-fixture.js';
import type { CromwellOptions } from './cromwell-options.js';
import { buildWorkflow } from './cromwell-request.js';
import { WORKFLOW } from './cromwell-wdl.js';

const OPTIONS: CromwellOptions = {
  runtime: 'podman',
  program: 'podman',
  imageStorage: undefined,
  imageEntrypoint: 'keep',
  recordDirectory: '/records',
  partition: undefined,
  timeLimitMinutes: undefined,
};
const build = (changes: Partial<JobSpec> = {}, options: Partial<CromwellOptions> = {}) =>
  buildWorkflow(
    specOf(changes),
    { directory: '/records/jobs/job', runId: 'RUN' },
    { ...OPTIONS, ...options },
  );

const optionalOf = ({ options }: ReturnType<typeof build>) => options['default_runtime_attributes'];

describe('a workflow for Cromwell', () => {
  it('asks for nothing that the job does not', () => {
    const { 'ChRISJob.script': script, ...attributes } = build().inputs;
    expect(attributes).toEqual({
      'ChRISJob.sharedir': '/data',
      'ChRISJob.input_dir': '/data/in',
      'ChRISJob.output_dir': '/data/out',
      'ChRISJob.image': 'fnndsc/pl-any:1',
      'ChRISJob.number_of_workers': 1,
    });
    expect(optionalOf(build())).toEqual({});
    expect(Buffer.from(String(script), 'base64').toString()).toMatch(/^#!\/bin\/sh\n/);
  });

  it.each<[Partial<JobSpec>, string, unknown]>([
    [{ cpuLimit: millicores(1_500) }, 'cpu', 2],
    [{ memoryLimit: mebibytes(200) }, 'memory', '200M'],
    [{ gpuLimit: 2 }, 'gpu_limit', 2],
    [{ timeLimit: seconds(61) }, 'timelimit', 4],
  ])('asks for %j by %s', (changes, attribute, value) => {
    expect(optionalOf(build(changes))).toEqual({ [attribute]: value });
  });

  it('has a call for each worker', () => {
    expect(build({ workers: 3 }).inputs['ChRISJob.number_of_workers']).toBe(3);
  });

  it('declares no attribute that may have no value: Cromwell would refuse it', () => {
    expect(WORKFLOW).not.toContain('?');
  });

  it.each<[Partial<CromwellOptions>, string, unknown]>([
    [{ partition: 'long' }, 'slurm_partition', 'long'],
    [{ timeLimitMinutes: 30 }, 'timelimit', 30],
  ])('has the site setting %j as %s', (options, attribute, value) => {
    expect(optionalOf(build({}, options))).toEqual({ [attribute]: value });
  });

  it('is found by its run, carries the labels, and none is longer than Cromwell takes', () => {
    const { labels } = build({ labels: { site: 'x'.repeat(300) } });
    expect(labels).toMatchObject({
      'org.chrisproject.pman.run': 'RUN',
      'org.chrisproject.pman.jid': 'job',
      'org.chrisproject.pman.spec-hash': 'hash',
      site: 'x'.repeat(255),
    });
  });

  it('is the same document whatever the command, the image and the environment are', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), text, (command, value) => {
        const { source, inputs } = build({ command, env: [{ name: 'A', value }] });
        expect(source).toBe(WORKFLOW);
        expect(inputs['ChRISJob.script']).toMatch(/^[A-Za-z0-9+/]+=*$/);
      }),
    );
  });
});
