import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../test/fakes/builders.js';
import { pathsOf, withoutHostPaths } from './host-paths.js';

const PATHS = [
  { source: '/store/key', target: '/share/incoming' },
  { source: '/store/key/out', target: '/share/outgoing' },
];

describe('the words of a backend', () => {
  it('have the path that the job sees in the place of every path of the host', () => {
    const words = 'bind source path does not exist: /store/key; cannot stat "/store/key/a"';
    expect(withoutHostPaths(words, PATHS)).toBe(
      'bind source path does not exist: /share/incoming; cannot stat "/share/incoming/a"',
    );
  });

  it('are right of a path that lies in another', () => {
    expect(withoutHostPaths('no /store/key/out', PATHS)).toBe('no /share/outgoing');
  });

  it('take a path as it is, whatever signs are in it', () => {
    const paths = [{ source: '/a.b$&', target: '/$&' }];
    expect(withoutHostPaths('/a.b$& /aXb$&', paths)).toBe('/$& /aXb$&');
  });

  it('name the directories of a job as the job knows them', () => {
    const words = 'from /store/key-1/incoming to /store/key-1/outgoing';
    expect(withoutHostPaths(words, pathsOf(jobSpec().mounts))).toBe(
      'from /share/incoming to /share/outgoing',
    );
  });

  it('stay as they are without such a path', () => {
    expect(withoutHostPaths('no space left on device', PATHS)).toBe('no space left on device');
    expect(withoutHostPaths('no space', [])).toBe('no space');
  });
});
