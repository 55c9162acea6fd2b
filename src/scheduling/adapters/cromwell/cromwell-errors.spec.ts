import { describe, expect, it } from 'vitest';
import { CromwellError } from '../../../clients/cromwell/cromwell-error.js';
import { specOf } from '../batch-api/batch-fixture.js';
import { hasRefused, toSchedulingError, toSubmitError } from './cromwell-errors.js';

const answer = (status: number | undefined): CromwellError => new CromwellError('words', status);
const submitted = (status: number | undefined) => {
  const { code, retryable, message } = toSubmitError(answer(status), specOf());
  return { code, retryable, message };
};

describe('a submission that is answered', () => {
  it.each([400, 413, 415, 422])('with %i is refused for good', (status) => {
    expect(submitted(status)).toMatchObject({ code: 'JobRefused' });
    expect(hasRefused(answer(status))).toBe(true);
  });

  it.each([404, 408, 409, 425, 429, 500, 502, 503, 504])(
    'with %i by a proxy or by a server that is starting is tried again',
    (status) => {
      expect(submitted(status)).toMatchObject({ code: 'BackendUnavailable', retryable: true });
      expect(hasRefused(answer(status))).toBe(false);
    },
  );

  it.each([301, 302, 303, 307, 405])('with %i did not reach Cromwell', (status) => {
    expect(submitted(status)).toMatchObject({ code: 'BackendUnavailable', retryable: false });
    expect(submitted(status).message).toMatch(new RegExp(`CROMWELL_URL.*${status}`));
    expect(hasRefused(answer(status))).toBe(false);
  });

  it.each([401, 403])('with %i lacks the credentials, and leaves nothing behind', (status) => {
    expect(submitted(status)).toMatchObject({ code: 'BackendUnavailable', retryable: false });
    expect(submitted(status).message).toMatch(/CROMWELL_AUTHORIZATION/);
    expect(hasRefused(answer(status))).toBe(true);
  });

  it('not at all may have reached Cromwell', () => {
    expect(submitted(undefined)).toMatchObject({ code: 'BackendUnavailable', retryable: true });
    expect(hasRefused(answer(undefined))).toBe(false);
  });

  it('in words names the directories as the job knows them', () => {
    const error = new CromwellError('no /data/in and no /srv/cromwell/x/inputs.json', 400);
    expect(toSubmitError(error, specOf()).message).toBe(
      'Cromwell refuses the job: no /share/incoming and no inputs.json',
    );
  });
});

describe('a look-up that is answered', () => {
  it.each([404, 408, 429, 503])('with %i is tried again', (status) => {
    expect(toSchedulingError(answer(status))).toMatchObject({ code: 'BackendUnavailable' });
  });

  it('with what Cromwell finds wrong is an error of the service', () => {
    expect(toSchedulingError(answer(400))).toMatchObject({ code: 'BackendError' });
  });
});
