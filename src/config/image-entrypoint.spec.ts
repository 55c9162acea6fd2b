import { describe, expect, it } from 'vitest';
import { imageEntrypoint } from './image-entrypoint.js';

describe("an image's ENTRYPOINT", () => {
  it.each([
    ['docker', 'keep'],
    ['podman', 'keep'],
    ['swarm', 'replace'],
    ['kubernetes', 'replace'],
    ['openshift', 'replace'],
    ['slurm', 'replace'],
    ['cromwell', 'replace'],
  ] as const)('on %s is what the Python pman made of it: %s', (backend, expected) => {
    expect(imageEntrypoint({ CONTAINER_ENV: backend })).toBe(expected);
  });

  it('of jobs without a setting at all is kept', () => {
    expect(imageEntrypoint({})).toBe('keep');
  });

  it.each(['keep', 'replace'] as const)('is what the setting says: %s', (setting) => {
    for (const backend of ['docker', 'kubernetes'] as const) {
      expect(imageEntrypoint({ CONTAINER_ENV: backend, IMAGE_ENTRYPOINT: setting })).toBe(setting);
    }
  });
});
