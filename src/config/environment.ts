import 'reflect-metadata';
import { Expose, Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import {
  IsContainerUser,
  IsHttpUrl,
  IsKeyValueList,
  IsYesOrNo,
  integerFromText,
} from './environment-rules.js';

/** What the README, `.env.example` and the boot warnings know of a variable beside its rules. */
export interface VariableHelp {
  readonly name: string;
  /** The value in force when the variable is not set; empty when there is none. */
  readonly default: string;
  /** One line. */
  readonly help: string;
  /** The backends or storage types where it has an effect; absent: everywhere. */
  readonly only?: readonly string[];
}

const helpByName = new Map<string, VariableHelp>();

/** Declares a variable: its help, its default, and that an empty value means "not set". */
function Variable(fallback: string, help: string, only?: readonly string[]): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    helpByName.set(name, { name, default: fallback, help, ...(only && { only }) });
    Expose()(target, key);
    IsOptional()(target, key);
  };
}

const Integer = (): PropertyDecorator => Transform(({ value }) => integerFromText(value));

const ENGINES = ['docker', 'podman'];

/**
 * Every environment variable of the service. An empty variable counts as not set. Units are part of
 * the help; rules are the decorators nearest to the name.
 */
export class Environment {
  @Variable(
    'docker',
    'Where jobs run: `docker`, `podman` (the same engine API) or `process` (child processes of this host, for trying out)',
  )
  @IsIn(['docker', 'podman', 'process'])
  CONTAINER_ENV?: string;

  @Variable(
    'docker_local_volume; host for process',
    'Where job data lies: `host` (STOREBASE) or `docker_local_volume` (VOLUME_NAME or PFCON_SELECTOR)',
  )
  @IsIn(['host', 'docker_local_volume'])
  STORAGE_TYPE?: string;

  @Variable('', 'Another name for STORAGE_TYPE')
  @IsIn(['host', 'docker_local_volume'])
  COMPUTE_VOLUME_TYPE?: string;

  @Variable('', 'Absolute path of the store on the machine that runs the jobs', ['host'])
  @IsString()
  STOREBASE?: string;

  @Variable(
    '',
    "Path at which this service sees the store, where that differs from its path on the engine's machine",
  )
  @IsString()
  STOREBASE_MOUNT?: string;

  @Variable('', 'Name of the local volume that is the store', ['docker_local_volume'])
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

  @Variable('', 'Size of /dev/shm in MiB', ENGINES)
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

  @Variable('no', 'Run jobs without cpu and memory limits (`yes` or `no`)')
  @IsYesOrNo()
  IGNORE_LIMITS?: string;

  @Variable('yes', 'With `no`, DELETE stops a job and keeps its record')
  @IsYesOrNo()
  REMOVE_JOBS?: string;

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
    'keep',
    "`keep`: the image's ENTRYPOINT runs in front of the command; `replace`: the command takes its place",
    ENGINES,
  )
  @IsIn(['keep', 'replace'])
  IMAGE_ENTRYPOINT?: string;

  @Variable(
    '',
    'Images that may run: registry or path prefixes such as `docker.io/fnndsc`, comma-separated; the word `digest` demands a digest; empty allows all',
  )
  @IsString()
  ALLOWED_IMAGES?: string;

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

  @Variable('', 'Namespace for jobs', ['kubernetes'])
  @IsString()
  JOB_NAMESPACE?: string;

  @Variable('', 'Node labels that jobs need, `key=value,key=value`', ['kubernetes'])
  @IsKeyValueList()
  NODE_SELECTOR?: string;

  @Variable('', 'Names of image pull secrets, comma-separated', ['kubernetes'])
  @IsString()
  IMAGE_PULL_SECRETS?: string;

  @Variable('', 'Address of the Cromwell server', ['cromwell'])
  @IsHttpUrl()
  CROMWELL_URL?: string;

  @Variable('', 'Time limit of a job in minutes', ['cromwell'])
  @Min(1)
  @Max(525_600)
  @IsInt()
  @Integer()
  TIMELIMIT_MINUTES?: number;

  @Variable(
    '~/.local/state/pman/jobs',
    "Folder where the `process` backend keeps its jobs' records and logs",
    ['process'],
  )
  @IsString()
  PROCESS_RECORDS?: string;

  @Variable(
    '',
    'The words `callers-may-run-programs-on-this-host` let the `process` backend listen beyond loopback',
    ['process'],
  )
  @IsIn(['callers-may-run-programs-on-this-host'])
  PROCESS_REMOTE_ACCESS?: string;

  @Variable('0.0.0.0; 127.0.0.1 for process', 'Address to listen on')
  @IsString()
  HOST?: string;

  @Variable('5010', 'Port to listen on')
  @Min(0)
  @Max(65_535)
  @IsInt()
  @Integer()
  PORT?: number;

  @Variable('info', 'Least severe log level: `debug`, `info`, `warn` or `error`')
  @IsIn(['debug', 'info', 'warn', 'error'])
  LOG_LEVEL?: string;

  @Variable('', 'Accepted and not used: earlier versions needed it')
  @IsString()
  SECRET_KEY?: string;
}

/** All variables in the order in which they are documented. */
export const VARIABLES: readonly VariableHelp[] = [...helpByName.values()];
