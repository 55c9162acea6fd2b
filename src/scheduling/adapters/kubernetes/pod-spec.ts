import type {
  V1Capabilities,
  V1Container,
  V1EnvVar,
  V1PodSpec,
  V1ResourceRequirements,
  V1SecurityContext,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { INPUT_TARGET, OUTPUT_TARGET } from '../../../storage/domain/mounts.js';
import type { JobSpec } from '../../domain/job-spec.js';
import { CONTAINER } from './job-container.js';
import type { KubernetesOptions } from './kubernetes-options.js';

/** Between SIGTERM and SIGKILL, in seconds: a removal waits for it. */
const TERMINATION_GRACE_SECONDS = 2;
/** What a root plugin needs to write into directories of other users and to drop to another user. */
const ROOT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL'];
const SHM = { name: 'shm', mountPath: '/dev/shm' };

/** The pod of each worker of a job. */
export function buildPodSpec(spec: JobSpec, options: KubernetesOptions): V1PodSpec {
  const { nodeSelector, tolerations, affinity, imagePullSecrets } = options;
  const { volumes, volumeMounts } = buildVolumes(spec);
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    // Not the Job's own deadline: the log would go with the pods that it deletes.
    ...(spec.timeLimit !== undefined && { activeDeadlineSeconds: spec.timeLimit }),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      seccompProfile: { type: 'RuntimeDefault' },
      // A store of many files is not gone through for every job.
      ...(options.fsGroup !== undefined && {
        fsGroup: options.fsGroup,
        fsGroupChangePolicy: 'OnRootMismatch',
      }),
    },
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector: { ...nodeSelector } }),
    ...(tolerations.length > 0 && { tolerations: [...tolerations] }),
    ...(affinity !== undefined && { affinity }),
    ...(options.priorityClass !== undefined && { priorityClassName: options.priorityClass }),
    ...(options.serviceAccount !== undefined && { serviceAccountName: options.serviceAccount }),
    ...(imagePullSecrets.length > 0 && {
      imagePullSecrets: imagePullSecrets.map((name) => ({ name })),
    }),
    containers: [buildContainer(spec, options, volumeMounts)],
    volumes,
  };
}

function buildContainer(
  spec: JobSpec,
  options: KubernetesOptions,
  volumeMounts: V1VolumeMount[],
): V1Container {
  // What the cluster would take for a reference to a variable.
  const argv = spec.command.map(literal);
  return {
    name: CONTAINER,
    image: spec.image,
    ...(options.imagePullPolicy !== undefined && { imagePullPolicy: options.imagePullPolicy }),
    ...(options.imageEntrypoint === 'keep'
      ? { args: argv }
      : { command: argv.slice(0, 1), args: argv.slice(1) }),
    env: buildEnvironment(spec),
    resources: buildResources(spec, options),
    securityContext: buildPrivileges(spec, options),
    volumeMounts,
  };
}

/** Of two entries of one name the last counts, as it does for a container engine. */
function buildEnvironment({ env }: JobSpec): V1EnvVar[] {
  const variables = new Map(env.map(({ name, value }) => [name, value]));
  return [...variables].map(([name, value]) => ({ name, value: literal(value) }));
}

/** `$(NAME)` is replaced by the cluster unless its dollar sign is doubled. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** Without a share a node would reserve the whole limit. */
function buildResources(
  { cpuLimit, memoryLimit, gpuLimit }: JobSpec,
  { requestPercent, gpuResource }: KubernetesOptions,
): V1ResourceRequirements {
  const share = (limit: number): number => Math.floor((limit * requestPercent) / 100);
  const quantities = (of: (limit: number) => number): Record<string, string> => ({
    ...(cpuLimit > 0 && { cpu: `${of(cpuLimit)}m` }),
    ...(memoryLimit > 0 && { memory: `${of(memoryLimit)}Mi` }),
    // An extended resource can only be had whole.
    ...(gpuLimit > 0 && { [gpuResource]: String(gpuLimit) }),
  });
  return { limits: quantities((limit) => limit), requests: quantities(share) };
}

function buildPrivileges({ user }: JobSpec, { profile }: KubernetesOptions): V1SecurityContext {
  // As container engines do for a group without a user.
  const uid = user?.uid ?? (user?.gid === undefined ? undefined : 0);
  const isRoot = profile === 'kubernetes' && (uid ?? 0) === 0;
  const capabilities: V1Capabilities = {
    drop: ['ALL'],
    ...(isRoot && { add: [...ROOT_CAPABILITIES] }),
  };
  return {
    allowPrivilegeEscalation: false,
    privileged: false,
    capabilities,
    ...(!isRoot && { runAsNonRoot: true }),
    ...(uid !== undefined && { runAsUser: uid }),
    ...(user?.gid !== undefined && { runAsGroup: user.gid }),
  };
}

function buildVolumes({ mounts, shmSize }: JobSpec): {
  volumes: V1Volume[];
  volumeMounts: V1VolumeMount[];
} {
  const shm = shmSize !== undefined && {
    volume: { name: SHM.name, emptyDir: { medium: 'Memory', sizeLimit: `${shmSize}Mi` } },
    mount: SHM,
  };
  const store = buildStore(mounts);
  return {
    volumes: [...store.volumes, ...(shm ? [shm.volume] : [])],
    volumeMounts: [...store.volumeMounts, ...(shm ? [shm.mount] : [])],
  };
}

function buildStore({ input, output }: JobSpec['mounts']): {
  volumes: V1Volume[];
  volumeMounts: V1VolumeMount[];
} {
  if (input.kind === 'pvc-subpath' && output.kind === 'pvc-subpath') {
    const store = { name: 'store' };
    return {
      volumes: [{ ...store, persistentVolumeClaim: { claimName: input.claim } }],
      volumeMounts: [
        { ...store, mountPath: INPUT_TARGET, subPath: input.path, readOnly: true },
        { ...store, mountPath: OUTPUT_TARGET, subPath: output.path },
      ],
    };
  }
  return {
    volumes: [
      { name: 'input', hostPath: { path: input.path, type: 'Directory' } },
      // Where this service sees the store the directory is there already, with its owner.
      { name: 'output', hostPath: { path: output.path, type: 'DirectoryOrCreate' } },
    ],
    volumeMounts: [
      { name: 'input', mountPath: INPUT_TARGET, readOnly: true },
      { name: 'output', mountPath: OUTPUT_TARGET },
    ],
  };
}
