import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sbatchArguments } from '../../../clients/slurm/command-client.js';
import { mebibytes, millicores, seconds } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { specOf } from '../batch-api/batch-fixture.js';
import { runtimeCommand } from '../batch-api/container-runtime.js';
import { OPTIONS } from './slurm-fixture.js';
import type { SlurmOptions } from './slurm-options.js';
import { buildSubmission } from './slurm-request.js';

const build = (changes: Partial<JobSpec> = {}, options: Partial<SlurmOptions> = {}) =>
  sbatchArguments(
    buildSubmission(
      specOf(changes),
      { directory: '/records/jobs/job', runId: 'RUN' },
      { ...OPTIONS, ...options },
    ),
  );

describe('a submission to SLURM', () => {
  it('asks for nothing that the job does not', () => {
    expect(build()).toEqual([
      '--parsable',
      '--no-requeue',
      '--export=ALL',
      '--propagate=NONE',
      '--output=/dev/null',
      '--chdir=/',
      '--job-name=job',
      expect.stringMatching(/^--comment=\{"run":"RUN",/),
      '--nodes=1',
      '--ntasks=1',
    ]);
  });

  it.each<[Partial<JobSpec>, string]>([
    [{ cpuLimit: millicores(1_500) }, '--cpus-per-task=2'],
    [{ memoryLimit: mebibytes(200) }, '--mem=200M'],
    [{ gpuLimit: 2 }, '--gpus=2'],
    [{ workers: 3 }, '--array=1-3'],
    [{ timeLimit: seconds(61) }, '--time=4'],
  ])('asks for %j by %s', (changes, argument) => {
    expect(build(changes)).toContain(argument);
  });

  it.each<[Partial<SlurmOptions>, string]>([
    [{ partition: 'long' }, '--partition=long'],
    [{ account: 'lab' }, '--account=lab'],
    [{ qos: 'high' }, '--qos=high'],
    [{ constraint: 'a&b' }, '--constraint=a&b'],
    [{ timeLimitMinutes: 30 }, '--time=30'],
  ])('has the site setting %j as %s', (options, argument) => {
    expect(build({}, options)).toContain(argument);
  });

  it('carries the labels and the spec hash in its comment', () => {
    const args = build({ labels: { site: 'a "b"\n' } });
    const comment = args.find((argument) => argument.startsWith('--comment=')) ?? '';
    const { labels } = JSON.parse(comment.replace('--comment=', '')) as { labels: object };
    expect(labels).toMatchObject({ site: 'a "b"\n', 'org.chrisproject.pman.spec-hash': 'hash' });
    expect(comment).not.toContain('\n');
  });

  it('has the same arguments whatever the command, the image and the environment are', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), text, (command, value) => {
        expect(build({ command, env: [{ name: 'A', value }] })).toEqual(build());
      }),
    );
  });

  it('keeps the program of the image or puts the command in its place', () => {
    const spec = specOf({ command: ['/bin/x', '--y'] });
    const kept = runtimeCommand(spec, { ...OPTIONS, imageEntrypoint: 'keep' }).args;
    expect(kept.slice(-4)).toEqual(['--', 'fnndsc/pl-any:1', '/bin/x', '--y']);
    const replaced = runtimeCommand(spec, { ...OPTIONS, imageEntrypoint: 'replace' }).args;
    expect(replaced.slice(-4)).toEqual(['--entrypoint=["/bin/x"]', '--', 'fnndsc/pl-any:1', '--y']);
  });

  it('runs Charliecloud with the images of the site, and each value in one pair of quotes', () => {
    const spec = specOf({ env: [{ name: 'A', value: "it's $HOME" }], command: ['a', '-b'] });
    const options = { ...OPTIONS, runtime: 'charliecloud', imageStorage: '/images' } as const;
    expect(runtimeCommand(spec, options).args).toEqual([
      '--storage=/images',
      '--private-tmp',
      '--unset-env=*',
      expect.stringMatching(/^--set-env=PATH=/),
      '--set-env',
      '--env-no-expand',
      "--set-env=A='it's $HOME'",
      '--bind=/data/in:/share/incoming',
      '--bind=/data/out:/share/outgoing',
      '--cd=/',
      'fnndsc/pl-any:1',
      '--',
      'a',
      '-b',
    ]);
  });

  it('runs Apptainer with the two directories, the input read-only, and its own variables', () => {
    const spec = specOf({ env: [{ name: 'LD_PRELOAD', value: 'x' }], command: ['a', '-b'] });
    expect(runtimeCommand(spec, { ...OPTIONS, runtime: 'apptainer' })).toEqual({
      args: [
        'run',
        '--containall',
        '--cleanenv',
        '--no-home',
        '--no-privs',
        '--mount',
        'type=bind,"source=/data/in","destination=/share/incoming",ro',
        '--mount',
        'type=bind,"source=/data/out","destination=/share/outgoing"',
        'docker://fnndsc/pl-any:1',
        'a',
        '-b',
      ],
      environment: ['APPTAINERENV_LD_PRELOAD=x'],
    });
  });

  it('runs Singularity with the command in the place of the ENTRYPOINT, with GPUs and paths of any signs', () => {
    const spec = specOf({
      gpuLimit: 1,
      env: [{ name: 'A', value: 'x' }],
      command: ['-c', '--', 'x'],
      mounts: {
        input: { kind: 'host-path', path: '/data/a,b' },
        output: { kind: 'host-path', path: '/data/"c"' },
      },
    });
    const options = { ...OPTIONS, runtime: 'singularity', imageEntrypoint: 'replace' } as const;
    expect(runtimeCommand(spec, options)).toEqual({
      args: [
        'exec',
        '--containall',
        '--cleanenv',
        '--no-home',
        '--no-privs',
        '--nv',
        '--mount',
        'type=bind,"source=/data/a,b","destination=/share/incoming",ro',
        '--mount',
        'type=bind,"source=/data/""c""","destination=/share/outgoing"',
        'docker://fnndsc/pl-any:1',
        '-c',
        '--',
        'x',
      ],
      environment: ['SINGULARITYENV_A=x'],
    });
  });
});
