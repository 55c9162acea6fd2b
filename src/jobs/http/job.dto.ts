import { ApiProperty } from '@nestjs/swagger';

/** A job in the v1 API: seven keys, all strings. */
export class JobDto {
  @ApiProperty({ type: String, example: 'chris-jid-8' })
  readonly jid!: string;

  @ApiProperty({ type: String, example: 'docker.io/fnndsc/pl-simpledsapp:2.1.0' })
  readonly image!: string;

  @ApiProperty({ type: String, description: 'The argv, quoted for a shell.' })
  readonly cmd!: string;

  @ApiProperty({
    enum: ['notstarted', 'started', 'finishedSuccessfully', 'finishedWithError', 'undefined'],
  })
  readonly status!: string;

  @ApiProperty({ type: String, description: 'One human sentence.' })
  readonly message!: string;

  @ApiProperty({
    type: String,
    description: "ISO 8601 by the backend's clock; empty before the start.",
  })
  readonly timestamp!: string;

  @ApiProperty({ type: String, description: 'The end of the log; empty in the answer to a POST.' })
  readonly logs!: string;
}

/** What the service is. */
export class ServiceInfoDto {
  @ApiProperty({ type: String })
  readonly server_version!: string;

  @ApiProperty({ type: String, example: 'docker' })
  readonly container_env!: string;

  @ApiProperty({ type: String, example: 'docker_local_volume' })
  readonly storage_type!: string;
}

/** Every error of the v1 API. */
export class ErrorDto {
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: 'string' } }],
    description: 'A sentence, or a reason for each bad field.',
  })
  readonly message!: string | Record<string, string>;
}
