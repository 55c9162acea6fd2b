import { describe, expect, it } from 'vitest';
import { answeredError, isLate, isOfNode, toKubernetesError } from './kubernetes-error.js';

const status = (message: string): string => JSON.stringify({ message });
const asked = 'Get "https://10.0.0.1:10250/containerLogs/default/pod/job": ';
const late = Object.assign(new Error('aborted'), { name: 'AbortError' });
const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

describe('a log that is not to be had', () => {
  it.each([
    ['the API server could not ask the node', answeredError(500, status(`${asked}refused`)), true],
    ['nobody answers in time', toKubernetesError(late), false],
    ['the API server is out of order', answeredError(503, status('shutting down')), false],
    ['the right is missing', answeredError(403, status(`${asked}forbidden`)), false],
    ['the connection to the API server broke', toKubernetesError(reset), false],
  ])('where %s', (_, error, expected) => {
    expect(isOfNode(error)).toBe(expected);
  });

  it('may only be late: nobody knows for what', () => {
    expect(isLate(toKubernetesError(late))).toBe(true);
    expect(isLate(toKubernetesError(reset))).toBe(false);
  });
});
