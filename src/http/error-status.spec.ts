import { describe, expect, it } from 'vitest';
import { ERROR_STATUS } from './error-status.js';

/** The codes that the client library of the platform knows; any other one breaks it. */
const KNOWN_TO_CLIENTS = [
  400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422,
  423, 424, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505,
];

describe('every way to fail', () => {
  it.each(Object.entries(ERROR_STATUS))(
    '%s has a status that clients know: %i',
    (_code, status) => {
      expect(KNOWN_TO_CLIENTS).toContain(status);
    },
  );
});
