import { describe, expect, it } from 'vitest';
import { imageRef } from '../../../test/fakes/builders.js';
import { disallowedImageReason } from './image-allow-list.js';

const DIGEST = `@sha256:${'0'.repeat(64)}`;
const LIST = { prefixes: ['docker.io/fnndsc', 'ghcr.io/lab/tool'], digestOnly: false };
const NOT_ON_THE_LIST = 'is not on the list of images that this service may run';

describe('the list of allowed images', () => {
  it.each([
    'docker.io/fnndsc/pl-x',
    'docker.io/fnndsc/pl-x:2.1.0',
    'docker.io/fnndsc/deeper/pl-x',
    'fnndsc/pl-x',
    `fnndsc/pl-x:latest${DIGEST}`,
    'ghcr.io/lab/tool',
    'ghcr.io/lab/tool:1',
    'ghcr.io/lab/tool/part',
  ])('allows %s', (image) => {
    expect(disallowedImageReason(imageRef(image), LIST)).toBeUndefined();
  });

  it.each([
    'docker.io.evil.test/fnndsc/x',
    'evil.test/docker.io/fnndsc/x',
    'docker.io:5000/fnndsc/x',
    'DOCKER.IO/fnndsc/x',
    'docker.io/fnndscx/y',
    'docker.io/fnndsc-evil/y',
    'docker.io/other/fnndsc',
    'fnndsc',
    'fnndsc:docker.io',
    'alpine',
    'localhost/fnndsc/x',
    'evil/x:docker.io',
    `evil/fnndsc${DIGEST}`,
    'ghcr.io/lab/toolbox',
    'ghcr.io/lab',
  ])('refuses %s', (image) => {
    expect(disallowedImageReason(imageRef(image), LIST)).toBe(NOT_ON_THE_LIST);
  });

  it('knows where the official images of the default registry stand', () => {
    const official = { prefixes: ['docker.io/library'], digestOnly: false };
    expect(disallowedImageReason(imageRef('alpine:3'), official)).toBeUndefined();
    expect(disallowedImageReason(imageRef('evil/alpine'), official)).toBe(NOT_ON_THE_LIST);
  });

  it('may demand a digest, alone or beside prefixes', () => {
    const digests = { prefixes: [], digestOnly: true };
    expect(disallowedImageReason(imageRef(`x/y${DIGEST}`), digests)).toBeUndefined();
    expect(disallowedImageReason(imageRef('x/y:1'), digests)).toMatch(/by digest/);
    const both = { ...LIST, digestOnly: true };
    expect(disallowedImageReason(imageRef('fnndsc/x'), both)).toMatch(/by digest/);
    expect(disallowedImageReason(imageRef(`evil/x${DIGEST}`), both)).toBe(NOT_ON_THE_LIST);
  });

  it('allows everything where there is none', () => {
    expect(disallowedImageReason(imageRef('evil.test/x'), undefined)).toBeUndefined();
  });
});
