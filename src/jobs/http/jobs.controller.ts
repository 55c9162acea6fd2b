import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Param,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LiveState } from '../../scheduling/application/live-state.js';
import type { JobName } from '../../scheduling/domain/job-name.js';
import { GetJob } from '../application/get-job.js';
import { RemoveJob } from '../application/remove-job.js';
import { SubmitJob } from '../application/submit-job.js';
import type { JobRequest } from '../domain/job-request.js';
import { clientGone } from './client-gone.js';
import { CreateJobDto } from './create-job.dto.js';
import { ErrorDto, JobDto, ServiceInfoDto } from './job.dto.js';
import { JobBodies } from './job-bodies.js';
import { JobNamePipe } from './job-name.pipe.js';
import { JobRequestPipe } from './job-request.pipe.js';
import { presentJob } from './job.presenter.js';
import { SERVICE_INFO } from './service-info.token.js';

const JID = { name: 'jid', schema: { type: 'string' }, example: 'chris-jid-8' } as const;
const STATUS_AGE = {
  'X-Status-Age': {
    description: 'Milliseconds since the backend last confirmed the status.',
    schema: { type: 'integer' },
  },
} as const;
const NOT_NOW = {
  status: 503,
  type: ErrorDto,
  description: 'The backend does not answer now; see Retry-After.',
};
const UNKNOWN = { status: 404, type: ErrorDto, description: 'There is no such job.' };
const BAD = {
  status: 400,
  type: ErrorDto,
  description: 'The request breaks a rule; each field is named.',
};

/** The v1 API of the process manager. */
@ApiTags('v1')
@Controller('api/v1')
export class JobsController {
  constructor(
    @Inject(SubmitJob) private readonly submitJob: SubmitJob,
    @Inject(GetJob) private readonly getJob: GetJob,
    @Inject(RemoveJob) private readonly removeJob: RemoveJob,
    @Inject(SERVICE_INFO) private readonly serviceInfo: ServiceInfoDto,
    @Inject(JobBodies) private readonly bodies: JobBodies,
    @Inject(LiveState) private readonly liveState: LiveState,
  ) {}

  @Get()
  @ApiResponse({ status: 200, type: ServiceInfoDto })
  describe(): ServiceInfoDto {
    return this.serviceInfo;
  }

  @Post()
  @HttpCode(201)
  @ApiBody({ type: CreateJobDto })
  @ApiResponse({
    status: 201,
    type: JobDto,
    description: 'The job exists, started by this request or an equal one before.',
  })
  @ApiResponse(BAD)
  @ApiResponse({
    status: 409,
    type: ErrorDto,
    description: 'The jid is taken by another job or object.',
  })
  @ApiResponse({
    status: 422,
    type: ErrorDto,
    description: 'The backend refuses image or command, in its words.',
  })
  @ApiResponse(NOT_NOW)
  async create(@Body(JobRequestPipe) request: JobRequest): Promise<JobDto> {
    return presentJob(await this.submitJob.execute(request), '');
  }

  @Get(':jid')
  @ApiParam(JID)
  @ApiResponse({ status: 200, type: JobDto, headers: STATUS_AGE })
  @ApiResponse(BAD)
  @ApiResponse(UNKNOWN)
  @ApiResponse(NOT_NOW)
  @Header('content-type', 'application/json; charset=utf-8')
  async get(
    @Param('jid', JobNamePipe) name: JobName,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    const { answer, confirmedAt } = await this.getJob.execute(name, clientGone(request.raw));
    reply.header('x-status-age', Math.round(this.liveState.since(confirmedAt)));
    return this.bodies.of(answer);
  }

  @Delete(':jid')
  @HttpCode(204)
  @ApiParam(JID)
  @ApiResponse({ status: 204, description: 'The job has ended and is forgotten.' })
  @ApiResponse(BAD)
  @ApiResponse(UNKNOWN)
  @ApiResponse(NOT_NOW)
  async delete(@Param('jid', JobNamePipe) name: JobName): Promise<void> {
    await this.removeJob.execute(name);
  }
}
