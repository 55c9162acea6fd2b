import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageRef } from '../../domain/image-ref.js';
import { specOf } from './batch-fixture.js';
import type { BatchOptions } from './batch-options.js';
import { buildScript } from './job-script.js';

const PLACE = ['worker=1', 'job=7', 'attempt=7', 'poll=', 'unreached=78'];
const ENTRY = 'touch "$0.ran"';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pman-supervise-'));
  folder = join(root, 'jobs', 'job');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.RUN'), '');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What a node does with a script, with a program of ours in the place of the runtime. */
function runScript(options: Partial<BatchOptions> = {}, program = ENTRY, place = PLACE) {
  const path = join(root, 'runtime');
  writeFileSync(path, `#!/bin/sh\n${program}\n`);
  chmodSync(path, 0o755);
  const script = buildScript(
    specOf({ image: 'local/probe:1' as ImageRef }),
    { directory: folder, runId: 'RUN' },
    {
      runtime: 'apptainer',
      program: path,
      imageStorage: undefined,
      imageEntrypoint: 'replace',
      recordDirectory: root,
      ...options,
    },
    place,
  );
  return spawnSync('/bin/sh', { input: script, encoding: 'utf8', timeout: 20_000 }).status;
}

const files = (): readonly string[] => readdirSync(folder).toSorted();
const hasRun = (): boolean => readdirSync(root).includes('runtime.ran');

describe('the script of a job', () => {
  it('runs what it is told, and writes when it began and how it ended', () => {
    expect(runScript({}, `${ENTRY}; exit 3`)).toBe(3);
    expect(hasRun()).toBe(true);
    expect(files()).toEqual(expect.arrayContaining(['launched.1', 'started.1', 'end.1']));
    expect(readFileSync(join(folder, 'end.1'), 'utf8')).toMatch(/^3\nran\n/);
  });

  describe('in Charliecloud', () => {
    const image = (): string => join(root, 'img', 'local%probe+1');
    const inCharliecloud = () => runScript({ runtime: 'charliecloud', imageStorage: root });

    it('makes the folders in the unpacked image that its mounts need', () => {
      mkdirSync(image(), { recursive: true });
      expect(inCharliecloud()).toBe(0);
      expect(readdirSync(join(image(), 'share')).toSorted()).toEqual(['incoming', 'outgoing']);
      expect(hasRun()).toBe(true);
    });

    it('fails in words where they cannot be made', () => {
      mkdirSync(image(), { recursive: true });
      writeFileSync(join(image(), 'share'), 'in their way');
      expect(inCharliecloud()).toBe(1);
      expect(hasRun()).toBe(false);
      expect(readFileSync(join(folder, 'end.1'), 'utf8')).toMatch(
        /^1\ncreate\n.*\nits image has no folder \/share, and/,
      );
    });

    it('follows no link of the image out of it', () => {
      mkdirSync(join(root, 'elsewhere'));
      mkdirSync(image(), { recursive: true });
      symlinkSync(join(root, 'elsewhere'), join(image(), 'share'));
      inCharliecloud();
      expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
    });

    it('leaves it to Charliecloud to say that there is no such image', () => {
      expect(inCharliecloud()).toBe(0);
      expect(hasRun()).toBe(true);
    });
  });

  it('ends without an error where the job was removed before it began', async () => {
    await rm(folder, { recursive: true });
    expect(runScript()).toBe(0);
    expect(hasRun()).toBe(false);
  });

  it('ends without an error where the name has gone to another run', async () => {
    await rm(join(folder, 'run.RUN'));
    writeFileSync(join(folder, 'run.OTHER'), '');
    expect(runScript()).toBe(0);
    expect(hasRun()).toBe(false);
  });

  it('fails where the records are not at the same path, or cannot be entered', async () => {
    await rm(join(root, 'jobs'), { recursive: true });
    expect(runScript()).toBe(78);
    expect(runScript({}, ENTRY, PLACE.slice(0, -1))).toBe(0);
    writeFileSync(join(root, 'jobs'), 'in its way');
    expect(runScript()).toBe(78);
    expect(hasRun()).toBe(false);
  });
});
