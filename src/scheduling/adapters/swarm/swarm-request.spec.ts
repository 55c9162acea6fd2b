import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { mebibytes, millicores } from '../../../shared/units.js';
import type { JobSpec } from '../../domain/job-spec.js';
import type { SwarmOptions } from './swarm-options.js';
import { buildService } from './swarm-request.js';

const DEFAULTS: SwarmOptions = {
  memoryLimit: 'hard',
  capabilities: 'minimal',
  network: undefined,
  imageEntrypoint: 'keep',
  logFileMebibytes: 10,
  registryAuthFile: undefined,
  nodeSelector: {},
  gpuResource: 'gpu',
};

const LABELS = {
  'org.chrisproject.pman.managed-by': 'pman',
  'org.chrisproject.pman.jid': 'job-1',
  'org.chrisproject.pman.spec-hash': '0123abcd',
  'org.chrisproject.pman.image': 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
  'org.chrisproject.pman.auid': 'cube',
  'org.chrisproject.pman.workers': '1',
};

const SIMPLEST = {
  Name: 'job-1',
  Labels: LABELS,
  TaskTemplate: {
    ContainerSpec: {
      Image: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
      Args: ['simpledsapp', '/share/incoming', '/share/outgoing'],
      Env: [],
      Labels: LABELS,
      Healthcheck: { Test: ['NONE'] },
      TTY: false,
      OpenStdin: false,
      StopGracePeriod: 1_000_000_000,
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
      Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 4096 }],
      Privileges: { NoNewPrivileges: true },
      CapabilityDrop: ['ALL'],
      CapabilityAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL'],
    },
    Resources: { Limits: { Pids: 4096 } },
    RestartPolicy: { Condition: 'none', MaxAttempts: 0 },
    LogDriver: { Name: 'json-file', Options: { 'max-size': '10m', 'max-file': '3' } },
  },
  Mode: { Replicated: { Replicas: 1 } },
};

interface Built {
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mode: unknown;
  readonly TaskTemplate: {
    readonly ContainerSpec: Readonly<Record<string, unknown>>;
    readonly Resources: unknown;
    readonly Networks?: unknown;
    readonly Placement?: unknown;
  };
}

function build(spec: Partial<JobSpec> = {}, options: Partial<SwarmOptions> = {}): Built {
  return buildService(jobSpec(spec), { ...DEFAULTS, ...options }) as unknown as Built;
}

const container = (spec: Partial<JobSpec>, options: Partial<SwarmOptions> = {}) =>
  build(spec, options).TaskTemplate.ContainerSpec;

describe('the service of a job', () => {
  it('is this document for the simplest job', () => {
    expect(build()).toEqual(SIMPLEST);
  });

  it('has a task for each worker', () => {
    const { Mode, Labels } = build({ workers: 3 });
    expect(Mode).toEqual({ Replicated: { Replicas: 3 } });
    expect(Labels).toMatchObject({ 'org.chrisproject.pman.workers': '3' });
  });

  it("has the job's labels on the service and on its containers, and its own win", () => {
    const labels = { team: 'a', 'org.chrisproject.pman.jid': 'other' };
    expect(build({ labels }).Labels).toEqual({ ...LABELS, team: 'a' });
    expect(container({ labels })['Labels']).toEqual({ ...LABELS, team: 'a' });
  });

  it("puts the command in the place of the image's ENTRYPOINT where the deployment says so", () => {
    const service = build({ command: ['a', 'b', 'c'] }, { imageEntrypoint: 'replace' });
    expect(service.TaskTemplate.ContainerSpec).toMatchObject({ Command: ['a'], Args: ['b', 'c'] });
    expect(service.Labels).toMatchObject({ 'org.chrisproject.pman.entrypoint': 'replaced' });
  });

  it('passes the environment on, word by word', () => {
    const env = [{ name: 'A', value: 'b=c "d"\n' }];
    expect(container({ env })['Env']).toEqual(['A=b=c "d"\n']);
  });

  it.each([
    [{ uid: 5, gid: 6 }, '5:6', []],
    [{ uid: 5 }, '5', []],
    [{ gid: 6 }, '0:6', SIMPLEST.TaskTemplate.ContainerSpec.CapabilityAdd],
  ])('runs as %j', (user, User, CapabilityAdd) => {
    expect(container({ user: user as JobSpec['user'] })).toMatchObject({ User, CapabilityAdd });
  });

  it('leaves capabilities to the engine where the deployment says so', () => {
    expect(container({}, { capabilities: 'engine' })).not.toHaveProperty('CapabilityDrop');
  });

  it('limits processors and memory', () => {
    const spec = { cpuLimit: millicores(1_500), memoryLimit: mebibytes(64) };
    expect(build(spec).TaskTemplate.Resources).toEqual({
      Limits: { Pids: 4096, NanoCPUs: 1_500_000_000, MemoryBytes: 67_108_864 },
    });
  });

  it('only reserves memory where the limit is soft', () => {
    const spec = { memoryLimit: mebibytes(64) };
    expect(build(spec, { memoryLimit: 'soft' }).TaskTemplate.Resources).toEqual({
      Limits: { Pids: 4096 },
      Reservations: { MemoryBytes: 67_108_864 },
    });
  });

  it('asks for GPUs as a generic resource of the name that the deployment gives', () => {
    const { Resources } = build({ gpuLimit: 2 }, { gpuResource: 'NVIDIA-GPU' }).TaskTemplate;
    expect(Resources).toMatchObject({
      Reservations: {
        GenericResources: [{ DiscreteResourceSpec: { Kind: 'NVIDIA-GPU', Value: 2 } }],
      },
    });
  });

  it('has /dev/shm of the exact size as a file system in memory, open to all users', () => {
    expect(container({ shmSize: mebibytes(96) })['Mounts']).toContainEqual({
      Type: 'tmpfs',
      Target: '/dev/shm',
      TmpfsOptions: { SizeBytes: 96 * 1024 * 1024, Mode: 0o1777 },
    });
  });

  it('goes only to nodes with the labels that the deployment names', () => {
    const { Placement } = build({}, { nodeSelector: { zone: 'a', 'gpu.kind': 'x' } }).TaskTemplate;
    expect(Placement).toEqual({
      Constraints: ['node.labels.zone==a', 'node.labels.gpu.kind==x'],
    });
  });

  it('has the network of the deployment', () => {
    expect(build({}, { network: 'host' }).TaskTemplate.Networks).toEqual([{ Target: 'host' }]);
  });

  it('is refused where it is larger than the swarm can keep', () => {
    const command = ['a'.repeat(1024 * 1024)];
    expect(() => build({ command })).toThrow('larger than 1 MiB');
  });
});
