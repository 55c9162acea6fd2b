import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRequest } from '../../../test/fakes/builders.js';
import { buildCommand, localizePathArgs } from './plugin-command.js';

const IN = '/share/incoming';
const OUT = '/share/outgoing';

describe('the command of a plugin', () => {
  it.each([
    ['ds', ['simpledsapp', '--sleep', '2', IN, OUT]],
    ['fs', ['simpledsapp', '--sleep', '2', OUT]],
    ['ts', ['simpledsapp', '--sleep', '2', OUT]],
  ] as const)('of type %s gets the directories that it works on', (type, command) => {
    expect(buildCommand(jobRequest({ type }))).toEqual(command);
  });

  it('may begin with several words and have no arguments', () => {
    const request = jobRequest({ entrypoint: ['python3', '-m', 'app'], args: [] });
    expect(buildCommand(request)).toEqual(['python3', '-m', 'app', IN, OUT]);
  });

  it('keeps every argument as it is', () => {
    const args = [
      '',
      ' ',
      "it's",
      '"q"',
      '$HOME',
      '`id`',
      'a\nb',
      '日本',
      '-o/etc/x',
      '--wrap=x',
      '~{x}',
    ];
    expect(buildCommand(jobRequest({ args }))).toEqual(['simpledsapp', ...args, IN, OUT]);
  });

  it('is built for ten thousand arguments', () => {
    const args = Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? '--path' : 'x'));
    const command = buildCommand(jobRequest({ args, argsPathFlags: ['--path'], type: 'fs' }));
    expect(command).toHaveLength(10_002);
    expect(command.filter((word) => word === IN)).toHaveLength(5_000);
  });

  it('leaves the request as it was', () => {
    const request = jobRequest({ args: ['--path', 'x'], argsPathFlags: ['--path'] });
    const before = structuredClone(request);
    buildCommand(request);
    expect(request).toEqual(before);
  });
});

describe('the argument after a path flag', () => {
  it.each([
    [
      ['--dir', 'a/b'],
      ['--dir', IN],
    ],
    [
      ['--dir', 'a', '--dir', 'b'],
      ['--dir', IN, '--dir', IN],
    ],
    [
      ['-d', 'a'],
      ['-d', IN],
    ],
    [['--dir'], ['--dir', IN]],
    [
      ['x', '--dir'],
      ['x', '--dir', IN],
    ],
    [
      ['--dir', '--dir'],
      ['--dir', IN],
    ],
    [
      ['--dir', '-d', 'x'],
      ['--dir', IN, 'x'],
    ],
    [['--dir=a/b'], [`--dir=${IN}`]],
    [['--dir='], [`--dir=${IN}`]],
    [['--dir=a=b'], [`--dir=${IN}`]],
    [
      ['--other', 'a'],
      ['--other', 'a'],
    ],
    [
      ['--dirs', 'a'],
      ['--dirs', 'a'],
    ],
    [['--dirs=a'], ['--dirs=a']],
    [
      ['=--dir', 'a'],
      ['=--dir', 'a'],
    ],
    [
      ['a', '--dir', '', 'b'],
      ['a', '--dir', IN, 'b'],
    ],
    [[], []],
  ])('turns %j into %j', (args, localized) => {
    expect(localizePathArgs(args, new Set(['--dir', '-d']))).toEqual(localized);
  });

  it('is left alone where there are no path flags', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => {
        expect(localizePathArgs(args, new Set())).toEqual(args);
      }),
    );
  });
});
