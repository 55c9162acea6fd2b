import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { IsContainerUser, IsKeyValueList, IsYesOrNo } from '../environment-rules.js';
import { Integer, Variable } from './variable.js';

const CONTAINERS = ['docker', 'podman', 'swarm', 'kubernetes', 'openshift'];

/** The words of CONTAINER_ENV. */
export const CONTAINER_ENVS = [
  'docker',
  'podman',
  'swarm',
  'kubernetes',
  'openshift',
  'slurm',
  'cromwell',
  'process',
] as const;
export type ContainerEnv = (typeof CONTAINER_ENVS)[number];

/** The words of STORAGE_TYPE. */
export const STORAGE_TYPES = ['host', 'docker_local_volume', 'kubernetes_pvc'] as const;
export type StorageType = (typeof STORAGE_TYPES)[number];

/** Where jobs run, where their data lies, and what every job gets. */
export class JobEnvironment {
  @Variable(
    'docker',
    'Where jobs run: `docker`, `podman` (the same engine API), `swarm` (a Docker swarm, through a manager), `kubernetes`, `openshift`, `slurm` (a batch system), `cromwell` (a batch system behind a Cromwell server) or `process` (child processes of this host, for trying out)',
  )
  @IsIn(CONTAINER_ENVS)
  CONTAINER_ENV?: ContainerEnv;

  @Variable(
    'docker_local_volume; kubernetes_pvc for clusters; host for slurm, cromwell and process',
    'Where job data lies: `host` (STOREBASE), `docker_local_volume` (VOLUME_NAME or PFCON_SELECTOR) or `kubernetes_pvc` (VOLUME_NAME)',
  )
  @IsIn(STORAGE_TYPES)
  STORAGE_TYPE?: StorageType;

  @Variable('', 'Another name for STORAGE_TYPE')
  @IsIn(STORAGE_TYPES)
  COMPUTE_VOLUME_TYPE?: StorageType;

  @Variable('', 'Absolute path of the store on the machine that runs the jobs', ['host'])
  @IsString()
  STOREBASE?: string;

  @Variable(
    '',
    "Path at which this service sees the store, where that differs from its path on the engine's machine",
  )
  @IsString()
  STOREBASE_MOUNT?: string;

  @Variable('', 'Name of the local volume, or of the persistent volume claim, that is the store', [
    'docker_local_volume',
    'kubernetes_pvc',
  ])
  @IsString()
  VOLUME_NAME?: string;

  @Variable(
    'org.chrisproject.role=pfcon',
    'Label of the pfcon container whose mount at /var/local/storeBase is the store, when VOLUME_NAME is not set',
    ['docker_local_volume'],
  )
  @IsString()
  PFCON_SELECTOR?: string;

  @Variable(
    '',
    'User of job containers, `UID:GID`; each part may be empty or a range `LOW-HIGH`, from which a number is drawn for each job',
  )
  @IsContainerUser()
  CONTAINER_USER?: string;

  @Variable('no', 'Set `HOME=/tmp` in jobs whose request does not set HOME (`yes` or `no`)')
  @IsYesOrNo()
  ENABLE_HOME_WORKAROUND?: string;

  @Variable('', 'Size of /dev/shm in MiB', [...CONTAINERS, 'slurm', 'cromwell'])
  @Min(1)
  @Max(1_048_576)
  @IsInt()
  @Integer()
  SHM_SIZE?: number;

  @Variable('', 'Labels put on every job, `key=value,key=value`')
  @IsKeyValueList()
  JOB_LABELS?: string;

  @Variable('1000', 'Lines of log in an answer; 0 is none, -1 is all (1 MiB at most in any case)')
  @Min(-1)
  @Max(1_000_000)
  @IsInt()
  @Integer()
  JOB_LOGS_TAIL?: number;

  @Variable('', 'Time limit of a job in seconds, counted from its start; empty is none')
  @Min(1)
  @Max(31_536_000)
  @IsInt()
  @Integer()
  JOB_TIMEOUT?: number;

  @Variable('no', 'Run jobs without cpu and memory limits (`yes` or `no`)')
  @IsYesOrNo()
  IGNORE_LIMITS?: string;

  @Variable('yes', 'With `no`, DELETE stops a job and keeps its record')
  @IsYesOrNo()
  REMOVE_JOBS?: string;

  @Variable(
    '',
    'Images that may run: registry or path prefixes such as `docker.io/fnndsc`, comma-separated; the word `digest` demands a digest; empty allows all',
  )
  @IsString()
  ALLOWED_IMAGES?: string;
}
