import { IsIn, IsString, Matches } from 'class-validator';
import { IsYesOrNo } from '../environment-rules.js';
import { Variable } from './variable.js';

/** The words of SLURM_CONTAINER_RUNTIME. */
export const SLURM_RUNTIMES = ['podman', 'apptainer', 'singularity', 'charliecloud'] as const;

/** Where jobs are scripts that a batch system queues. */
const BATCH = ['slurm', 'cromwell'];

/** A name in SLURM's configuration; several partitions are comma-separated. */
const IsSlurmName = (): PropertyDecorator =>
  Matches(/^\w[\w.,@-]*$/, { message: 'must be a name of letters, digits and ._-@,' });

/** SLURM. */
export class SlurmEnvironment {
  @Variable(
    'podman',
    'What runs images on the nodes: `podman`, `apptainer`, `singularity` or `charliecloud`',
    BATCH,
  )
  @IsIn(SLURM_RUNTIMES)
  SLURM_CONTAINER_RUNTIME?: (typeof SLURM_RUNTIMES)[number];

  @Variable('', 'Path of its program on the nodes, where it is not in their PATH', BATCH)
  @Matches(/^\/[^\0\n]*$/, { message: 'must be an absolute path' })
  SLURM_CONTAINER_PROGRAM?: string;

  @Variable(
    '',
    'Folder on the nodes where `ch-image` keeps the images of Charliecloud; empty: where it looks by itself',
    BATCH,
  )
  @Matches(/^\/[^\0\n]*$/, { message: 'must be an absolute path' })
  SLURM_IMAGE_STORAGE?: string;

  @Variable(
    '',
    'Folder of records and logs of the jobs, on shared storage at the same path here and on the nodes; must be set',
    BATCH,
  )
  @Matches(/^\/[^\0\n]*$/, { message: 'must be an absolute path' })
  SLURM_RECORDS?: string;

  @Variable('', 'Path of slurm.conf, where SLURM does not find it by itself', ['slurm'])
  @IsString()
  SLURM_CONF?: string;

  @Variable(
    '',
    'Address of slurmrestd, which is then asked in the place of the commands of SLURM: `http://`, `https://` or `unix:///path`',
    ['slurm'],
  )
  @Matches(/^(?:unix:\/\/\/[^\0\n]+|https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*)?)$/, {
    message: 'must be unix:///path, or an http:// or https:// address without a user in it',
  })
  SLURMRESTD_URL?: string;

  @Variable('', 'User of slurmrestd; empty: the one that the token names', ['slurm'])
  @Matches(/^[\w][\w.@$-]*$/, { message: 'must be the name of a user' })
  SLURMRESTD_USER?: string;

  @Variable('', 'Token (JWT) for slurmrestd, as `scontrol token` prints it', ['slurm'])
  @IsString()
  SLURM_JWT?: string;

  @Variable('', 'File with the token for slurmrestd, read at each call, because tokens expire', [
    'slurm',
  ])
  @Matches(/^\/[^\0\n]*$/, { message: 'must be an absolute path' })
  SLURM_JWT_FILE?: string;

  @Variable('', 'Partition of the jobs', BATCH)
  @IsSlurmName()
  SLURM_PARTITION?: string;

  @Variable('', 'Account that the jobs are charged to', ['slurm'])
  @IsSlurmName()
  SLURM_ACCOUNT?: string;

  @Variable('', 'Quality of service of the jobs', ['slurm'])
  @IsSlurmName()
  SLURM_QOS?: string;

  @Variable('', 'Features that the nodes must have, as for `sbatch --constraint`', ['slurm'])
  @Matches(/^[\w[][\w&|()*,[\]-]*$/, { message: 'must be features joined by & or |' })
  SLURM_CONSTRAINT?: string;

  @Variable(
    'yes',
    'Whether accounting is asked for jobs that have left the queue (`yes` or `no`)',
    ['slurm'],
  )
  @IsYesOrNo()
  SLURM_ACCOUNTING?: string;
}
