import { Inject, Injectable } from '@nestjs/common';
import type { Job } from '../../scheduling/domain/job.js';
import { SUBMISSIONS, type Submissions } from '../../scheduling/application/submission.js';
import { EVENT_LOG, type EventLog } from '../../shared/event-log.js';
import { STORAGE, type StoragePort } from '../../storage/domain/storage.port.js';
import type { JobRequest } from '../domain/job-request.js';
import { JobSpecFactory } from '../domain/job-spec-factory.js';
import { DEADLINES } from './deadlines.js';

/** Starts a job, or finds that the same job was started before. */
@Injectable()
export class SubmitJob {
  constructor(
    @Inject(SUBMISSIONS) private readonly submissions: Submissions,
    @Inject(STORAGE) private readonly storage: StoragePort,
    @Inject(JobSpecFactory) private readonly specs: JobSpecFactory,
    @Inject(EVENT_LOG) private readonly log: EventLog,
  ) {}

  /** @throws DomainError `InvalidRequest`, `JobConflict`, `NameTaken`, or the backend's refusal. */
  async execute(request: JobRequest): Promise<Job> {
    this.specs.assertAllowed(request);
    const signal = AbortSignal.timeout(DEADLINES.submit);
    const job = await this.submissions.submit(
      request.name,
      this.specs.hash(request),
      {
        verify: () => this.storage.verify(request.directories, signal),
        prepare: () => this.prepare(request, signal),
      },
      signal,
    );
    this.log.info('job accepted', { jid: job.name, image: job.image, status: job.state.status });
    return job;
  }

  private async prepare(request: JobRequest, signal: AbortSignal) {
    const user = this.specs.drawUser();
    const mounts = await this.storage.resolve(request.directories, signal);
    const spec = this.specs.create(request, mounts, user);
    const owner = { uid: user?.uid, gid: user?.gid };
    return { spec, secure: () => this.storage.prepare(request.directories, owner, signal) };
  }
}
