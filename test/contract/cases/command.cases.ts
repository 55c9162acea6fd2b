import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.js';
import { PROBE_ENTRYPOINT_IMAGE } from '../given-cluster.js';

/** Writes its arguments with a NUL after each. */
const WRITE_ARGV = 'for word in "$@"; do printf "%s\\0" "$word"; done > /share/outgoing/argv';

const HARD_WORDS = [
  'two words',
  '',
  "it's",
  '"double"',
  '$HOME $(id) `id`',
  'line\nbreak',
  'tab\there',
  'back\\slash',
  '*',
  '-n',
  '--flag=value',
  '~',
  ';&|<>',
  'grüße 日本 🧠',
  '%s%n',
  'ends with a line break\n',
  '\r',
  '\\',
  '[a-z]?{b,c}',
  '!!',
  '--',
  '-',
  '#',
];

export const COMMAND_CASES: readonly ContractCase[] = [
  {
    id: 'argv-exact',
    title: 'the command gets its arguments byte for byte',
    async run(harness) {
      const { job, answer } = await harness.run(WRITE_ARGV, { args: HARD_WORDS });
      expect(answer['status']).toBe('finishedSuccessfully');
      const words = (await harness.written(job, 'argv')).split('\0').slice(0, -1);
      expect(words).toEqual([...HARD_WORDS, '/share/outgoing']);
    },
  },
  {
    id: 'argv-long',
    title: 'ten thousand arguments arrive',
    async run(harness) {
      const args = Array.from({ length: 10_000 }, (_, index) => `arg-${index}`);
      const { job } = await harness.run('echo $# "$1" > /share/outgoing/count', { args });
      expect(await harness.written(job, 'count')).toBe('10001 arg-0\n');
    },
  },
  {
    id: 'argv-wide',
    title: 'one argument of 100,000 characters arrives whole',
    async run(harness) {
      const wide = 'ü'.repeat(50_000);
      const { job } = await harness.run(WRITE_ARGV, { args: [wide] });
      const [first = ''] = (await harness.written(job, 'argv')).split('\0');
      expect(first === wide).toBe(true);
    },
  },
  {
    id: 'argv-ds',
    title: 'a ds plugin gets the input and the output directory as its last arguments',
    async run(harness) {
      const { job } = await harness.run(WRITE_ARGV, { type: 'ds', args: ['-v'] });
      expect(await harness.written(job, 'argv')).toBe('-v\0/share/incoming\0/share/outgoing\0');
    },
  },
  {
    id: 'argv-path-flags',
    title: 'the value after a path flag becomes the input directory, also at the end',
    async run(harness) {
      const { job } = await harness.run(WRITE_ARGV, {
        args: ['--dir', 'x', '--other', 'y', '--dir=z', '--dir'],
        args_path_flags: ['--dir'],
      });
      const words = (await harness.written(job, 'argv')).split('\0').slice(0, -2);
      expect(words).toEqual([
        '--dir',
        '/share/incoming',
        '--other',
        'y',
        '--dir=/share/incoming',
        '--dir',
        '/share/incoming',
      ]);
    },
  },
  {
    id: 'cmd-quoted',
    title: 'the answer shows the command quoted for a shell',
    async run(harness) {
      const { answer } = await harness.run('true', { args: ["it's", 'a b'] });
      expect(answer['cmd']).toBe(`/bin/sh -c true probe 'it'"'"'s' 'a b' /share/outgoing`);
    },
  },
  {
    id: 'image-entrypoint-kept',
    title: "IMAGE_ENTRYPOINT=keep lets the image's ENTRYPOINT run in front of the command",
    needs: ['images', 'image-entrypoint'],
    settings: { IMAGE_ENTRYPOINT: 'keep' },
    async run(harness) {
      const { job } = await harness.run('echo "$FROM_ENTRYPOINT" > /share/outgoing/from', {
        image: PROBE_ENTRYPOINT_IMAGE,
      });
      expect(await harness.written(job, 'from')).toBe('yes\n');
    },
  },
  {
    id: 'image-entrypoint-replaced',
    title: "IMAGE_ENTRYPOINT=replace puts the command in the place of the image's ENTRYPOINT",
    needs: ['images'],
    settings: { IMAGE_ENTRYPOINT: 'replace' },
    async run(harness) {
      const { job, answer } = await harness.run(
        'echo "[$FROM_ENTRYPOINT]" > /share/outgoing/from',
        {
          image: PROBE_ENTRYPOINT_IMAGE,
        },
      );
      expect(await harness.written(job, 'from')).toBe('[]\n');
      expect(answer['cmd']).toMatch(/^\/bin\/sh -c .* probe \/share\/outgoing$/);
    },
  },
];
