import { describe, expect, it } from 'vitest';
import { imageRef, jobName, jobSpec } from '../../../../test/fakes/builders.js';
import { mebibytes, millicores } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { EngineOptions } from '../docker-api/engine-options.js';
import { buildContainer } from './docker-request.js';

const DEFAULTS: EngineOptions = {
  memoryLimit: 'hard',
  capabilities: 'minimal',
  network: undefined,
  imageEntrypoint: 'keep',
  logFileMebibytes: 10,
  registryAuthFile: undefined,
};

const SIMPLEST = {
  name: 'job-1',
  Image: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
  Cmd: ['simpledsapp', '/share/incoming', '/share/outgoing'],
  Env: [],
  Labels: {
    'org.chrisproject.pman.managed-by': 'pman',
    'org.chrisproject.pman.jid': 'job-1',
    'org.chrisproject.pman.spec-hash': '0123abcd',
    'org.chrisproject.pman.image': 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
    'org.chrisproject.pman.auid': 'cube',
    'org.chrisproject.pman.worker': '0',
    'org.chrisproject.pman.workers': '1',
  },
  AttachStdin: false,
  OpenStdin: false,
  Tty: false,
  HostConfig: {
    Mounts: [
      {
        Type: 'bind',
        Source: '/store/key-1/incoming',
        Target: '/share/incoming',
        ReadOnly: true,
      },
      {
        Type: 'bind',
        Source: '/store/key-1/outgoing',
        Target: '/share/outgoing',
        ReadOnly: false,
      },
    ],
    PidsLimit: 4096,
    Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 4096 }],
    Privileged: false,
    SecurityOpt: ['no-new-privileges'],
    CapDrop: ['ALL'],
    CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL'],
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  },
};

function build(spec: Partial<JobSpec> = {}, options: Partial<EngineOptions> = {}, worker = 0) {
  return buildContainer(jobSpec(spec), worker, { ...DEFAULTS, ...options });
}

/** The simplest container with something added. */
function simplestWith(document: object, hostConfig: object = {}): object {
  return { ...SIMPLEST, ...document, HostConfig: { ...SIMPLEST.HostConfig, ...hostConfig } };
}

describe('the container of a job', () => {
  it('is this document for the simplest job', () => {
    expect(build()).toEqual(SIMPLEST);
  });

  it('has the whole argument list as its command, word by word', () => {
    const command = ['sh', '-c', 'echo "$HOME"; it\'s', '', 'a\nb', '--privileged'];
    expect(build({ command })).toEqual(simplestWith({ Cmd: command }));
  });

  it('has the environment as KEY=value', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: 'x=y\nz' },
      { name: 'C', value: '' },
    ];
    expect(build({ env })).toEqual(simplestWith({ Env: ['A=1', 'B=x=y\nz', 'C='] }));
  });

  it.each([
    [1, 1_000],
    [10, 1_000],
    [500, 50_000],
    [1_000, 100_000],
    [2_500, 250_000],
  ])('has a hard limit of %i millicores', (limit, CpuQuota) => {
    expect(build({ cpuLimit: millicores(limit) })).toEqual(
      simplestWith({}, { CpuPeriod: 100_000, CpuQuota }),
    );
  });

  it('has a hard memory limit without swap beside it', () => {
    const Memory = 200 * 1024 * 1024;
    expect(build({ memoryLimit: mebibytes(200) })).toEqual(
      simplestWith({}, { Memory, MemorySwap: Memory }),
    );
  });

  it('has a memory reservation instead where the deployment wants soft limits', () => {
    expect(build({ memoryLimit: mebibytes(200) }, { memoryLimit: 'soft' })).toEqual(
      simplestWith({}, { MemoryReservation: 200 * 1024 * 1024 }),
    );
  });

  it('asks for exactly the wanted number of GPUs and sets no variable for them', () => {
    expect(build({ gpuLimit: 2 })).toEqual(
      simplestWith({}, { DeviceRequests: [{ Driver: '', Count: 2, Capabilities: [['gpu']] }] }),
    );
  });

  it('has shared memory of exactly the wanted mebibytes', () => {
    expect(build({ shmSize: mebibytes(64) })).toEqual(simplestWith({}, { ShmSize: 67_108_864 }));
  });

  it.each([
    [{ uid: 1000, gid: 2000 }, '1000:2000', []],
    [{ uid: 1000, gid: undefined }, '1000', []],
    [{ uid: undefined, gid: 2000 }, '0:2000', SIMPLEST.HostConfig.CapAdd],
    [{ uid: 0, gid: 0 }, '0:0', SIMPLEST.HostConfig.CapAdd],
  ])('runs as %j, with capabilities for root alone', (user, User, CapAdd) => {
    expect(build({ user })).toEqual(simplestWith({ User }, { CapAdd }));
  });

  it('has the capabilities of the engine where the deployment wants them', () => {
    const { CapDrop: _drop, CapAdd: _add, ...hostConfig } = SIMPLEST.HostConfig;
    expect(build({}, { capabilities: 'engine' })).toEqual({ ...SIMPLEST, HostConfig: hostConfig });
  });

  it('is in the network that the deployment names', () => {
    expect(build({}, { network: 'none' })).toEqual(simplestWith({}, { NetworkMode: 'none' }));
  });

  it("takes the place of the image's entrypoint where the deployment wants that", () => {
    expect(build({}, { imageEntrypoint: 'replace' })).toEqual(
      simplestWith({
        Entrypoint: ['simpledsapp'],
        Cmd: ['/share/incoming', '/share/outgoing'],
        Labels: { ...SIMPLEST.Labels, 'org.chrisproject.pman.entrypoint': 'replaced' },
      }),
    );
  });

  it('rotates its log at the configured size', () => {
    const { LogConfig } = build({}, { logFileMebibytes: 25 }).HostConfig ?? {};
    expect(LogConfig?.Config).toEqual({ 'max-size': '25m', 'max-file': '3' });
  });

  it('carries the labels of the deployment, but those of the service win', () => {
    const labels = {
      team: 'a',
      'org.chrisproject.pman.jid': 'forged',
      'org.chrisproject.pman.managed-by': '',
    };
    expect(build({ labels })).toEqual(simplestWith({ Labels: { ...SIMPLEST.Labels, team: 'a' } }));
  });

  it('keeps the owner whatever its characters', () => {
    const owner = 'Ünï "x" \n $(id)';
    expect(build({ owner }).Labels).toMatchObject({ 'org.chrisproject.pman.auid': owner });
  });

  it('of a further worker has a name that no job can have', () => {
    const Labels = {
      ...SIMPLEST.Labels,
      'org.chrisproject.pman.worker': '2',
      'org.chrisproject.pman.workers': '3',
    };
    expect(build({ workers: 3 }, {}, 2)).toEqual(simplestWith({ name: 'job-1..2', Labels }));
  });

  it('of a job with one letter has a name that engines accept', () => {
    expect(build({ name: jobName('j') })).toMatchObject({ name: 'j..0' });
  });

  it('limits processes on Podman also by the user, which Podman does badly by itself', () => {
    const Ulimits = [
      { Name: 'nofile', Soft: 1024, Hard: 4096 },
      { Name: 'nproc', Soft: 4096, Hard: 4096 },
    ];
    expect(buildContainer(jobSpec(), 0, DEFAULTS, 'podman')).toEqual(simplestWith({}, { Ulimits }));
  });

  it('is never larger than what the plug-ins of an engine look at', () => {
    const words = (length: number): string[] => Array.from({ length }, () => 'x'.repeat(100_000));
    expect(() => build({ command: words(10) })).not.toThrow();
    expect(() => build({ command: words(11) })).toThrow(/^args: .* larger than 1 MiB$/);
  });

  it('is this document for a job that asks for everything', () => {
    const spec: Partial<JobSpec> = {
      image: imageRef(`docker.io/fnndsc/pl-x@sha256:${'0'.repeat(64)}`),
      cpuLimit: millicores(2_000),
      memoryLimit: mebibytes(1_000),
      gpuLimit: 1,
      shmSize: mebibytes(128),
      user: { uid: 1001, gid: 1002 },
      labels: { team: 'a' },
    };
    expect(build(spec, { network: 'jobs' })).toEqual(
      simplestWith(
        {
          Image: spec.image,
          User: '1001:1002',
          Labels: { ...SIMPLEST.Labels, 'org.chrisproject.pman.image': spec.image, team: 'a' },
        },
        {
          CpuPeriod: 100_000,
          CpuQuota: 200_000,
          Memory: 1_048_576_000,
          MemorySwap: 1_048_576_000,
          DeviceRequests: [{ Driver: '', Count: 1, Capabilities: [['gpu']] }],
          ShmSize: 134_217_728,
          CapAdd: [],
          NetworkMode: 'jobs',
        },
      ),
    );
  });
});
