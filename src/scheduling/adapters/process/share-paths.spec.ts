import { describe, expect, it } from 'vitest';
import { replaceSharePaths } from './share-paths.js';

const mounts = {
  input: { kind: 'host-path', path: '/data/$&/in' },
  output: { kind: 'host-path', path: '/data/out' },
} as const;

describe('the two directories in a text', () => {
  it.each([
    ['/share/incoming', '/data/$&/in'],
    ['/share/outgoing/', '/data/out/'],
    ['--in=/share/incoming/scan.nii', '--in=/data/$&/in/scan.nii'],
    ['cp /share/incoming/* /share/outgoing;', 'cp /data/$&/in/* /data/out;'],
    ['/bin:/share/incoming/bin', '/bin:/data/$&/in/bin'],
  ])('are replaced: %s', (text, expected) => {
    expect(replaceSharePaths(text, mounts)).toBe(expected);
  });

  it.each([
    '/share',
    '/share/incoming2',
    '/data/share/incoming',
    './share/outgoing',
    'share/incoming',
  ])('are not meant by %s', (text) => {
    expect(replaceSharePaths(text, mounts)).toBe(text);
  });
});
