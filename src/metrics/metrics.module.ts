import { Module, type DynamicModule } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';
import { BUILD_INFO, Metrics, type BuildInfo } from './metrics.js';
import { RequestTimes } from './request-times.js';

@Module({})
export class MetricsModule {
  static forRoot(build: BuildInfo): DynamicModule {
    return {
      module: MetricsModule,
      controllers: [MetricsController],
      providers: [Metrics, RequestTimes, { provide: BUILD_INFO, useValue: build }],
    };
  }
}
