import { Controller, Get, Inject } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { healthSchema } from './health.schema.js';
import { ReadinessIndicator } from './readiness.indicator.js';

/** Terminus' own documentation would load the installed packages beside the bundled ones. */
const HEALTH_CHECK = { noCache: true, swaggerDocumentation: false } as const;

/** For orchestrators: restart when not live, send no requests when not ready. */
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(ReadinessIndicator) private readonly readiness: ReadinessIndicator,
  ) {}

  /** The event loop turns; an engine that is down is no reason for a restart. */
  @Get('live')
  @HealthCheck(HEALTH_CHECK)
  @ApiResponse({ status: 200, description: 'The process answers.', schema: healthSchema('ok') })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Backend and store can be used now; each failing point says how to mend it. */
  @Get('ready')
  @HealthCheck(HEALTH_CHECK)
  @ApiResponse({ status: 200, description: 'Jobs can be run.', schema: healthSchema('ok') })
  @ApiResponse({
    status: 503,
    description: 'Something is missing; `error` says what, and how to mend it.',
    schema: healthSchema('error'),
  })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.checkScheduler(),
      () => this.readiness.checkStorage(),
    ]);
  }
}
