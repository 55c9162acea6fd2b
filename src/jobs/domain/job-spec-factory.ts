import { disallowedImageReason } from '../../scheduling/domain/image-allow-list.js';
import type { ContainerUser, EnvVar, JobSpec } from '../../scheduling/domain/job-spec.js';
import { hashSpec, type Digest, type SpecHash } from '../../scheduling/domain/spec-hash.js';
import { invalidFields } from '../../shared/domain-error.js';
import { mebibytes, millicores } from '../../shared/units.js';
import type { Mounts } from '../../storage/domain/mounts.js';
import type { JobPolicy } from './job-policy.js';
import type { JobRequest } from './job-request.js';
import { buildCommand } from './plugin-command.js';

/** Draws a whole number from `low` to `high`, both included. */
export type RandomInteger = (low: number, high: number) => number;

/** Joins what the client asks for with what the deployment decides. */
export class JobSpecFactory {
  constructor(
    private readonly policy: JobPolicy,
    private readonly digest: Digest,
    private readonly random: RandomInteger,
  ) {}

  /** The key of a repeated submission: what the client asked for, without deployment settings. */
  hash(request: JobRequest): SpecHash {
    const { args: _args, argsPathFlags: _flags, entrypoint: _entrypoint, ...rest } = request;
    return hashSpec({ ...rest, command: buildCommand(request) }, this.digest);
  }

  /** @throws DomainError `InvalidRequest` when the deployment does not allow the image. */
  assertAllowed(request: JobRequest): void {
    const reason = disallowedImageReason(request.image, this.policy.allowedImages);
    if (reason !== undefined) throw invalidFields({ image: reason });
  }

  drawUser(): ContainerUser | undefined {
    const { uid, gid } = this.policy.user;
    if (uid === undefined && gid === undefined) return undefined;
    return {
      uid: uid && this.random(uid.low, uid.high),
      gid: gid && this.random(gid.low, gid.high),
    };
  }

  create(request: JobRequest, mounts: Mounts, user: ContainerUser | undefined): JobSpec {
    const { ignoreLimits, shmSize, labels, timeLimit } = this.policy;
    return {
      name: request.name,
      specHash: this.hash(request),
      owner: request.owner,
      image: request.image,
      command: buildCommand(request),
      env: this.environment(request.env),
      workers: request.workers,
      cpuLimit: ignoreLimits ? millicores(0) : request.cpuLimit,
      memoryLimit: ignoreLimits ? mebibytes(0) : request.memoryLimit,
      gpuLimit: request.gpuLimit,
      shmSize,
      user,
      labels,
      directories: request.directories,
      mounts,
      timeLimit,
    };
  }

  /** A new list each time: the request's own is part of the hash. */
  private environment(env: readonly EnvVar[]): readonly EnvVar[] {
    const setsHome = env.some(({ name }) => name === 'HOME');
    return this.policy.homeWorkaround && !setsHome
      ? [...env, { name: 'HOME', value: '/tmp' }]
      : env;
  }
}
