import { Injectable } from '@nestjs/common';
import type { JobWithLogs } from '../application/get-job.js';
import { presentJob } from './job.presenter.js';

/** Bodies of answers as ready bytes: of polls that find nothing new only the first is written out. */
@Injectable()
export class JobBodies {
  private readonly bodies = new WeakMap<JobWithLogs, Buffer>();

  of(answer: JobWithLogs): Buffer {
    const ready = this.bodies.get(answer);
    if (ready !== undefined) return ready;
    const body = Buffer.from(JSON.stringify(presentJob(answer.job, answer.logs)));
    this.bodies.set(answer, body);
    return body;
  }
}
