import { Module, type DynamicModule } from '@nestjs/common';
import { createHash, randomInt } from 'node:crypto';
import type { AppConfig } from '../config/app-config.js';
import { GetJob } from './application/get-job.js';
import { RemoveJob } from './application/remove-job.js';
import { SubmitJob } from './application/submit-job.js';
import { JOB_POLICY } from './domain/job-policy.js';
import { JobSpecFactory } from './domain/job-spec-factory.js';
import { JobBodies } from './http/job-bodies.js';
import { JobsController } from './http/jobs.controller.js';
import type { ServiceInfoDto } from './http/job.dto.js';
import { SERVICE_INFO } from './http/service-info.token.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

@Module({})
export class JobsModule {
  static forRoot(config: AppConfig, serviceInfo: ServiceInfoDto): DynamicModule {
    return {
      module: JobsModule,
      controllers: [JobsController],
      providers: [
        SubmitJob,
        JobBodies,
        GetJob,
        RemoveJob,
        { provide: SERVICE_INFO, useValue: serviceInfo },
        { provide: JOB_POLICY, useValue: config.jobs },
        {
          provide: JobSpecFactory,
          useValue: new JobSpecFactory(config.jobs, sha256, (low, high) =>
            randomInt(low, high + 1),
          ),
        },
      ],
    };
  }
}
