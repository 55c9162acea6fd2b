import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { Integer, Variable } from './variable.js';

const ENGINES = ['docker', 'podman', 'swarm'];

/** Container engines that speak the Docker API. */
export class EngineEnvironment {
  @Variable(
    'hard',
    '`hard`: a job beyond its memory limit is killed; `soft`: the limit is only a reservation, as in earlier versions',
    ENGINES,
  )
  @IsIn(['hard', 'soft'])
  MEMORY_LIMIT?: string;

  @Variable(
    'minimal',
    "Capabilities of job containers: `minimal` (none for non-root users, six for root) or `engine` (the engine's default)",
    ENGINES,
  )
  @IsIn(['minimal', 'engine'])
  JOB_CAPABILITIES?: string;

  @Variable(
    '',
    "Network of job containers: empty for the engine's default, `none`, or the name of a network",
    ENGINES,
  )
  @IsString()
  JOB_NETWORK?: string;

  @Variable(
    'keep for docker and podman; replace for all others',
    "`keep`: the image's ENTRYPOINT runs in front of the command; `replace`: the command takes its place",
    [...ENGINES, 'kubernetes', 'openshift', 'slurm', 'cromwell'],
  )
  @IsIn(['keep', 'replace'])
  IMAGE_ENTRYPOINT?: string;

  @Variable(
    '10',
    "Size in MiB at which the engine rotates a job's log file; three files are kept",
    ENGINES,
  )
  @Min(1)
  @Max(1024)
  @IsInt()
  @Integer()
  JOB_LOG_FILE_MIB?: number;

  @Variable(
    '',
    'Path of a file with registry credentials, as `docker login` (config.json) and `podman login` (auth.json) write it; read at each pull',
    ENGINES,
  )
  @IsString()
  REGISTRY_AUTH_FILE?: string;

  @Variable(
    '',
    'Engine address: `unix:///path`, `tcp://host:port`, `http://` or `https://`; empty: the first socket found at the usual places',
    ENGINES,
  )
  @IsString()
  DOCKER_HOST?: string;

  @Variable('', 'Any value: speak TLS to DOCKER_HOST and verify its certificate', ENGINES)
  @IsString()
  DOCKER_TLS_VERIFY?: string;

  @Variable('', 'Folder with ca.pem, cert.pem and key.pem for TLS', ENGINES)
  @IsString()
  DOCKER_CERT_PATH?: string;

  @Variable('gpu', 'Kind of the generic resource that a GPU is on the nodes of the swarm', [
    'swarm',
  ])
  @IsString()
  SWARM_GPU_RESOURCE?: string;
}
