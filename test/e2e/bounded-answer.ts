import { expect } from 'vitest';
import type { Answer } from './http-client.js';
import type { Service } from './service.js';

const REFUSALS = [400, 404, 405, 408, 409, 413, 414, 415, 431];
const DEADLINE_MS = 2_000;

/** Every answer is a job or a refusal in the error shape, soon; a refusal has reached no backend. */
export async function assertBounded(
  service: Service,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const calls = service.backend.callCount;
  const began = performance.now();
  const answer = await send();
  expect(performance.now() - began).toBeLessThan(DEADLINE_MS);
  if (answer.status === 201) {
    expect(Object.values(answer.body as object).every((value) => typeof value === 'string')).toBe(
      true,
    );
    return answer;
  }
  expect(REFUSALS).toContain(answer.status);
  expect(Object.keys(answer.body as object)).toEqual(['message']);
  if (!isAboutTheStore(answer)) expect(service.backend.callCount).toBe(calls);
  return answer;
}

/** What only the store knows is found out after the look-up of the job. */
function isAboutTheStore({ body, status }: Answer): boolean {
  const { message } = body as { message: Readonly<Record<string, string>> };
  return status === 409 || message['input_dir']?.startsWith('there is no directory') === true;
}
