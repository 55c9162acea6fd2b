import { describe, expect, it } from 'vitest';
import { allowedMethods } from './allowed-methods.js';

const JOBS = 'GET, HEAD, POST';
const JOB = 'GET, HEAD, DELETE';

describe('the methods of a path', () => {
  it.each([
    ['/api/v1', JOBS],
    ['/api/v1/', JOBS],
    ['/api/v1/?x=1', JOBS],
    ['//api//v1//', JOBS],
    ['/%61pi/v1/', JOBS],
    ['/api/v1/job-1', JOB],
    ['/api/v1/job-1/', JOB],
    ['/api/v1//job-1/', JOB],
    ['/api/v1/a%20b', JOB],
    ['/api/v1/a%2fb', JOB],
    ['/health/live', 'GET, HEAD'],
    ['/health/ready/', 'GET, HEAD'],
    ['/metrics', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
  ])('%s are known', (url, methods) => {
    expect(allowedMethods(url)).toBe(methods);
  });

  it.each([
    '',
    '/',
    '/api',
    '/api/v2/',
    '/API/v1/',
    '/api/v1/a/b',
    '/api/v1;x',
    '/health',
    '/x/api/v1/',
    '/%zz/api',
  ])('%s are not known', (url) => {
    expect(allowedMethods(url)).toBeUndefined();
  });
});
