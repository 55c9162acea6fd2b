import { Injectable, type PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { parseImageRef } from '../../scheduling/domain/image-ref.js';
import { parseJobName } from '../../scheduling/domain/job-name.js';
import type { EnvVar } from '../../scheduling/domain/job-spec.js';
import { DomainError, invalidFields } from '../../shared/domain-error.js';
import { parseRelativePath } from '../../shared/posix-path.js';
import { mebibytes, millicores } from '../../shared/units.js';
import type { JobRequest } from '../domain/job-request.js';
import { CreateJobDto } from './create-job.dto.js';

/** Turns a request body into a `JobRequest`, or reports every bad field at once. */
@Injectable()
export class JobRequestPipe implements PipeTransform<unknown, JobRequest> {
  transform(body: unknown): JobRequest {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new DomainError('InvalidRequest', 'the body must be a JSON object');
    }
    const dto = plainToInstance(CreateJobDto, withoutObjects(body), {
      excludeExtraneousValues: true,
    });
    const errors = validateSync(dto, { stopAtFirstError: true });
    if (errors.length > 0) {
      throw invalidFields(
        Object.fromEntries(
          errors.map(({ property, constraints }) => [
            property,
            Object.values(constraints ?? {})[0] ?? 'is not valid',
          ]),
        ),
      );
    }
    return toJobRequest(dto);
  }
}

/** Stands for a JSON object where none is allowed; no rule accepts it. */
const MISPLACED_OBJECT = 0n;

/**
 * Replaces objects inside the body: class-transformer would call what their `constructor` key holds.
 */
function withoutObjects(body: object): Record<string, unknown> {
  const flat = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? MISPLACED_OBJECT : value;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(flat) : flat(value),
    ]),
  );
}

function toJobRequest(dto: CreateJobDto): JobRequest {
  const name = parseJobName(dto.jid);
  const image = parseImageRef(dto.image);
  const input = parseRelativePath(dto.input_dir);
  const output = parseRelativePath(dto.output_dir);
  if (!name || !image || 'reason' in input || 'reason' in output) {
    throw new Error('the rules of CreateJobDto and the parsers of the domain disagree');
  }
  return {
    name,
    owner: dto.auid,
    image,
    entrypoint: dto.entrypoint,
    args: dto.args,
    argsPathFlags: dto.args_path_flags ?? [],
    type: dto.type,
    env: toEnvVars(dto.env ?? []),
    workers: dto.number_of_workers,
    cpuLimit: millicores(dto.cpu_limit),
    memoryLimit: mebibytes(dto.memory_limit),
    gpuLimit: dto.gpu_limit,
    directories: { input: input.path, output: output.path },
  };
}

/** Splits at the first equals sign; of two entries with one name the last wins, as in a shell. */
function toEnvVars(entries: readonly string[]): readonly EnvVar[] {
  const byName = new Map<string, string>();
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    const name = entry.slice(0, equals);
    byName.delete(name);
    byName.set(name, entry.slice(equals + 1));
  }
  return [...byName].map(([name, value]) => ({ name, value }));
}
