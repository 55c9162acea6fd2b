import { Injectable } from '@nestjs/common';
import type { JobWithLogs } from '../application/get-job.js';
import { presentJob } from './job.presenter.js';

/** From here on, in characters, the encoding of a text costs more than a buffer of its own. */
const LONG_TEXT = 4_096;

/**
 * Bodies of answers as they are sent: of polls that find nothing new only the first is written out.
 * Most are short, and as many as there are jobs: a text takes less memory than a buffer.
 */
@Injectable()
export class JobBodies {
  private readonly bodies = new WeakMap<JobWithLogs, string | Buffer>();

  of(answer: JobWithLogs): string | Buffer {
    const ready = this.bodies.get(answer);
    if (ready !== undefined) return ready;
    const text = JSON.stringify(presentJob(answer.job, answer.logs));
    const body = text.length < LONG_TEXT ? text : Buffer.from(text);
    this.bodies.set(answer, body);
    return body;
  }
}
