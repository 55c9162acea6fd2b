import { expect } from 'vitest';
import type { JobSpec } from '../../src/scheduling/domain/job-spec.js';
import type { Body } from '../fakes/builders.js';
import type { Answer } from './http-client.js';
import type { Service } from './service.js';

/** Tries one change of a legal request after the other, each under a jid of its own. */
export class FieldProbe {
  private jobs = 0;

  constructor(private readonly service: Service) {}

  post(changes: Body): Promise<Answer> {
    this.jobs += 1;
    return this.service.post({ jid: `job-${this.jobs}`, ...changes });
  }

  /** What the backend is asked to run for a legal request. */
  async specOf(changes: Body): Promise<JobSpec | undefined> {
    expect(await this.post(changes)).toMatchObject({ status: 201 });
    return this.service.backend.specs.at(-1);
  }

  /** The reasons of a refused request, which must not have reached the backend. */
  async refusal(changes: Body): Promise<unknown> {
    const calls = this.service.backend.callCount;
    const { status, body } = await this.post(changes);
    expect(status).toBe(400);
    expect(this.service.backend.callCount).toBe(calls);
    return (body as { message: unknown }).message;
  }
}
