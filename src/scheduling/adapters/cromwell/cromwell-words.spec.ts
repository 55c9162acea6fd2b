import { describe, expect, it } from 'vitest';
import { withoutFolders } from './cromwell-words.js';

describe('the words of Cromwell', () => {
  it.each([
    [
      'Check the stderr file: /srv/cromwell/executions/ChRISJob/1-2/call-worker/execution/stderr.submit',
      'Check the stderr file: stderr.submit',
    ],
    ["'/srv/a/b': no such file", "'b': no such file"],
    ['from /a/b, to /c/d/', 'from b, to d'],
    ['file=/srv/a', 'file=a'],
  ])('%j are %j to a client', (words, expected) => {
    expect(withoutFolders(words)).toBe(expected);
  });

  it.each(['3/4 of /tmp', 'see https://slurm.schedmd.com/sbatch.html', 'a ~/b/c', 'and/or'])(
    '%j stay as they are',
    (words) => {
      expect(withoutFolders(words)).toBe(words);
    },
  );

  it('are one line', () => {
    expect(withoutFolders('sbatch: error:\n  no\n')).toBe('sbatch: error: no');
  });
});
