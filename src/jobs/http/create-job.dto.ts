import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Expose, Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  Max,
  Min,
} from 'class-validator';
import { IMAGE_RULE, parseImageRef } from '../../scheduling/domain/image-ref.js';
import { JOB_NAME_RULE, parseJobName } from '../../scheduling/domain/job-name.js';
import { MAX_WORKERS } from '../../scheduling/domain/own-labels.js';
import { parseRelativePath } from '../../shared/posix-path.js';
import {
  IsText,
  IsTextList,
  Satisfies,
  integerFromString,
  stringFromScalar,
  stringsFromNumbers,
} from './request-rules.js';

const MISSING = 'Missing required parameter in the JSON body';
const MAX_ARGS = 10_000;
const MAX_ENV = 1_000;
const MAX_GPUS = 1_024;
const MAX_LIMIT = 1_000_000_000;

const Required = (): PropertyDecorator => (target, key) => {
  Expose()(target, key);
  IsDefined({ message: MISSING })(target, key);
};
const Optional = (): PropertyDecorator => (target, key) => {
  Expose()(target, key);
  IsOptional()(target, key);
};

/** A whole number, also as a decimal string, from `min` to `max`. */
const WholeNumber =
  (min: number, max: number): PropertyDecorator =>
  (target, key) => {
    const message = `must be a whole number from ${min} to ${max}`;
    Required()(target, key);
    Max(max, { message })(target, key);
    Min(min, { message })(target, key);
    IsInt({ message })(target, key);
    Transform(({ value }) => integerFromString(value))(target, key);
    ApiProperty({ oneOf: [{ type: 'integer' }, { type: 'string' }], minimum: min, maximum: max })(
      target,
      key,
    );
  };

/** A job as the v1 API takes it; further keys are ignored. */
export class CreateJobDto {
  @Required()
  @Satisfies((jid) => (parseJobName(jid) === undefined ? JOB_NAME_RULE : undefined))
  @IsText()
  @Transform(({ value }) => stringFromScalar(value)?.replace(/^\/+/, '') ?? value)
  @ApiProperty({
    type: String,
    description: 'Identifies the job; a leading slash is stripped.',
    example: 'chris-jid-8',
  })
  readonly jid!: string;

  @Required()
  @ArrayMaxSize(MAX_ARGS, { message: `must have at most ${MAX_ARGS} items` })
  @IsTextList()
  @Transform(({ value }) => (value === null ? [] : stringsFromNumbers(value)))
  @ApiProperty({
    type: [String],
    nullable: true,
    description: 'Arguments of the command; null is none.',
    example: ['--sleep', '2'],
  })
  readonly args!: string[];

  @Optional()
  @ArrayMaxSize(MAX_ARGS, { message: `must have at most ${MAX_ARGS} items` })
  @IsTextList()
  @ApiPropertyOptional({
    type: [String],
    description: 'Flags whose value becomes the input directory.',
  })
  readonly args_path_flags?: string[];

  @Required()
  @IsText()
  @Transform(({ value }) => stringFromScalar(value) ?? value)
  @ApiProperty({ type: String, description: 'Whom the job belongs to.', example: 'cube' })
  readonly auid!: string;

  @WholeNumber(1, MAX_WORKERS)
  readonly number_of_workers!: number;

  /** Millicores; 0 is no limit. */
  @WholeNumber(0, MAX_LIMIT)
  readonly cpu_limit!: number;

  /** MiB; 0 is no limit. */
  @WholeNumber(0, MAX_LIMIT)
  readonly memory_limit!: number;

  @WholeNumber(0, MAX_GPUS)
  readonly gpu_limit!: number;

  @Required()
  @Satisfies((image) => (parseImageRef(image) === undefined ? IMAGE_RULE : undefined))
  @IsText()
  @ApiProperty({
    type: String,
    description: 'Image reference.',
    example: 'docker.io/fnndsc/pl-simpledsapp:2.1.0',
  })
  readonly image!: string;

  @Required()
  @ArrayMaxSize(MAX_ARGS, { message: `must have at most ${MAX_ARGS} items` })
  @ArrayNotEmpty({ message: 'must have at least one item' })
  @IsTextList()
  @ApiProperty({
    type: [String],
    description: 'The command, before its arguments.',
    example: ['simpledsapp'],
  })
  readonly entrypoint!: string[];

  @Required()
  @IsIn(['ds', 'fs', 'ts'], { message: 'must be one of ds, fs, ts' })
  @ApiProperty({ enum: ['ds', 'fs', 'ts'] })
  readonly type!: 'ds' | 'fs' | 'ts';

  @Optional()
  @ArrayMaxSize(MAX_ENV, { message: `must have at most ${MAX_ENV} items` })
  @Satisfies(envReason)
  @IsTextList()
  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    description: 'Environment, `KEY=value` each.',
  })
  readonly env?: string[] | null;

  @Required()
  @Satisfies(pathReason)
  @IsText()
  @ApiProperty({
    type: String,
    description: 'Input directory, relative to the store.',
    example: 'key-8/incoming',
  })
  readonly input_dir!: string;

  @Required()
  @Satisfies(pathReason)
  @IsText()
  @ApiProperty({
    type: String,
    description: 'Output directory, relative to the store.',
    example: 'key-8/outgoing',
  })
  readonly output_dir!: string;
}

function pathReason(path: string): string | undefined {
  const parsed = parseRelativePath(path);
  return 'reason' in parsed ? parsed.reason : undefined;
}

const ENV_ENTRY = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** Names the position of a bad entry, never its text: it may hold a secret. */
function envReason(entry: string, index: number): string | undefined {
  return ENV_ENTRY.test(entry)
    ? undefined
    : `item ${index} must be KEY=value, where KEY is letters, digits and "_" and begins with no digit`;
}
