import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { SCHEDULER, type SchedulerPort } from '../scheduling/domain/scheduler.port.js';
import type { CheckResult } from '../shared/check-result.js';
import { STORAGE, type StoragePort } from '../storage/domain/storage.port.js';

const CHECK_DEADLINE_MS = 3_000;

/** The backend's and the store's own checks, in terminus's words. */
@Injectable()
export class ReadinessIndicator {
  constructor(
    @Inject(SCHEDULER) private readonly scheduler: SchedulerPort,
    @Inject(STORAGE) private readonly storage: StoragePort,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
  ) {}

  async checkScheduler(): Promise<HealthIndicatorResult> {
    return this.toResult(await this.scheduler.check(AbortSignal.timeout(CHECK_DEADLINE_MS)));
  }

  async checkStorage(): Promise<HealthIndicatorResult> {
    return this.toResult(await this.storage.check(AbortSignal.timeout(CHECK_DEADLINE_MS)));
  }

  private toResult(checks: readonly CheckResult[]): HealthIndicatorResult {
    const results = checks.map(({ name, ok, detail, mend }) => {
      const indicator = this.indicators.check(name);
      return ok ? indicator.up({ detail }) : indicator.down({ detail, mend });
    });
    return Object.assign({}, ...results) as HealthIndicatorResult;
  }
}
