import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { EngineError } from '../../../clients/docker-engine/engine-error.js';
import { DomainError } from '../../../shared/domain-error.js';
import { mebibytes } from '../../../shared/units.js';
import { toSchedulingError } from '../docker-api/engine-errors.js';
import {
  isImageMissing,
  isNameInUse,
  toCreateError,
  toPullError,
  toStartError,
} from './docker-errors.js';

const SPEC = jobSpec();
const says = (status: number, words: string): EngineError =>
  new EngineError(status, words, status >= 500, undefined);
const silent = (mayHaveActed: boolean): EngineError =>
  new EngineError(undefined, 'the container engine cannot be reached', mayHaveActed, undefined);

const TAKEN = says(
  409,
  'Conflict. The container name "/job-1" is already in use by container "7cf"',
);
const TAKEN_ON_PODMAN = says(
  500,
  'creating container storage: the container name "job-1" is already in use by 7cf',
);
const NO_IMAGE = says(404, 'No such image: x:latest');
const NO_IMAGE_ON_PODMAN = says(500, 'x: image not known');

describe('an answer of the engine', () => {
  it.each([TAKEN, TAKEN_ON_PODMAN])('means that the name is in use: %s', (error) => {
    expect(isNameInUse(error)).toBe(true);
    expect(isImageMissing(error)).toBe(false);
    expect(toCreateError(error, SPEC, true)).toMatchObject({ code: 'NameTaken', retryable: false });
  });

  it.each([NO_IMAGE, NO_IMAGE_ON_PODMAN])('means that the image is missing: %s', (error) => {
    expect(isImageMissing(error)).toBe(true);
    expect(isNameInUse(error)).toBe(false);
    expect(toCreateError(error, SPEC, true)).toMatchObject({ code: 'ImageUnavailable' });
  });

  it.each([toCreateError, toStartError, toPullError])(
    'means that the engine has no room, which is not the fault of the job',
    (translate) => {
      const full = says(500, 'mkdir /srv/engine/x: no space left on device');
      expect(translate(full, SPEC, true)).toMatchObject({
        code: 'BackendBusy',
        retryable: false,
        message: expect.stringContaining('no space left on device'),
      });
    },
  );

  it('about a name in use does not tell whose it is', () => {
    expect(toCreateError(TAKEN, SPEC, true).message).not.toContain('7cf');
  });

  it.each([
    ['a refused creation', toCreateError(says(400, 'bad mount'), SPEC, true), 'JobRefused', false],
    ['a failed creation', toCreateError(says(500, 'disk full'), SPEC, true), 'BackendError', true],
    ['a failed start', toStartError(says(500, 'no such device'), SPEC, true), 'JobRefused', false],
    ['a refused start', toStartError(says(400, 'no such file'), SPEC, true), 'JobRefused', false],
    [
      'an early start',
      toStartError(says(500, 'id already in use'), SPEC, true),
      'BackendError',
      true,
    ],
    [
      'a failed pull',
      toPullError(says(500, 'manifest unknown'), SPEC, true),
      'ImageUnavailable',
      false,
    ],
    ['a failed look-up', toSchedulingError(says(500, 'broken'), true), 'BackendError', false],
  ] as const)('to %s is kept in its words', (_words, error, code, retryable) => {
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toContain((error.cause as EngineError).words);
  });

  it('does not tell where the store lies', () => {
    const words = 'bind source path does not exist: /store/key-1/incoming; /store/key-1/outgoing/x';
    const errors = [
      toCreateError(says(400, words), SPEC, true),
      toStartError(says(400, words), SPEC, true),
    ];
    for (const { message } of errors) {
      expect(message).toContain(
        'bind source path does not exist: /share/incoming; /share/outgoing/x',
      );
      expect(message).not.toContain('/store');
    }
  });

  it('does not tell where the store lies when one directory lies in the other', () => {
    const mounts = {
      input: { kind: 'host-path', path: '/store/a' },
      output: { kind: 'host-path', path: '/store/a/b' },
    } as const;
    const error = toStartError(says(400, 'no /store/a/b'), jobSpec({ mounts }), true);
    expect(error.message).toBe('the container engine cannot start the job: no /share/outgoing');
  });
});

describe('a start that fails', () => {
  it.each([
    [500, 'context deadline exceeded'],
    [500, 'fork/exec /usr/bin/runc: resource temporarily unavailable: unknown'],
    [500, 'open /proc/self/fd: too many open files'],
    [500, 'words that nobody knows'],
    [502, 'Bad Gateway'],
  ])('with %i and "%s" may succeed at the next attempt', (status, words) => {
    const error = toStartError(says(status, words), SPEC, true);
    expect(error).toMatchObject({ code: 'BackendError', retryable: true });
  });

  it.each([
    [404, 'No such container: 7cf'],
    [404, 'no container with name or ID "7cf" found: no such container'],
    [409, 'container is marked for removal and cannot be started'],
    [500, 'container is marked for removal and cannot be started'],
  ])('with %i and "%s" is tried with another container', (status, words) => {
    const error = toStartError(says(status, words), SPEC, true);
    expect(error).toMatchObject({ code: 'BackendBusy', retryable: true });
    expect(error.message).not.toContain('7cf');
  });

  it.each([
    'runc create failed: unable to set memory limit to 1048576 (current usage: 2215936)',
    '`/usr/bin/runc start 7cf` failed: exit status 1',
    'runc create failed: read init-p: connection reset by peer',
  ])('with "%s" is blamed on a tiny memory limit, and on no other', (words) => {
    const startWith = (memory: number) =>
      toStartError(says(500, words), jobSpec({ memoryLimit: mebibytes(memory) }), true);
    expect(startWith(3)).toMatchObject({
      code: 'JobRefused',
      retryable: false,
      message: expect.stringMatching(/because 3 MiB of memory are too little: .*runc/),
    });
    expect(startWith(0)).toMatchObject({ code: 'BackendError', retryable: true });
    expect(startWith(64)).toMatchObject({ code: 'BackendError', retryable: true });
  });

  it.each([
    [400, 'words that nobody knows'],
    [404, 'network pman not found'],
    [500, 'could not select device driver "" with capabilities: [[gpu]]'],
    [500, 'crun: executable file `/nope` not found in $PATH: No such file or directory'],
    [500, 'runc create failed: container init was OOM-killed (memory limit too low?)'],
    [500, 'exec: "/tmp": permission denied: OCI permission denied'],
  ])('with %i and "%s" would fail again', (status, words) => {
    const error = toStartError(says(status, words), SPEC, true);
    expect(error).toMatchObject({ code: 'JobRefused', retryable: false });
  });
});

describe('an engine that does not answer', () => {
  const translations = {
    look: (error: EngineError, seen: boolean) => toSchedulingError(error, seen),
    create: (error: EngineError, seen: boolean) => toCreateError(error, SPEC, seen),
    start: (error: EngineError, seen: boolean) => toStartError(error, SPEC, seen),
    pull: (error: EngineError, seen: boolean) => toPullError(error, SPEC, seen),
  };

  it.each(Object.entries(translations))(
    'to %s is unavailable for the time being',
    (_words, translate) => {
      const passing = { code: 'BackendUnavailable', retryable: true };
      expect(translate(silent(false), true)).toMatchObject(passing);
      expect(translate(silent(true), false)).toMatchObject(passing);
    },
  );

  it.each(Object.entries(translations))(
    'to %s and never did is not waited for',
    (_words, translate) => {
      const lasting = { code: 'BackendUnavailable', retryable: false };
      expect(translate(silent(false), false)).toMatchObject(lasting);
    },
  );
});

describe('another error', () => {
  it('that is translated already stays as it is', () => {
    const error = new DomainError('JobNotFound', 'x');
    expect(toSchedulingError(error, true)).toBe(error);
    expect(toCreateError(error, SPEC, true)).toBe(error);
  });

  it('is the fault of our client, and its text stays in the log', () => {
    const error = toSchedulingError(new TypeError('x of undefined'), true);
    expect(error).toMatchObject({
      code: 'BackendError',
      message: 'the container engine client failed',
    });
  });
});
