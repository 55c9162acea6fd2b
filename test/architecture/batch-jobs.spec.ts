import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { buildWorkflow } from '../../src/scheduling/adapters/cromwell/cromwell-request.js';
import { buildSubmission } from '../../src/scheduling/adapters/slurm/slurm-request.js';
import { STATE_MEANING } from '../../src/scheduling/adapters/slurm/slurm-status.js';
import { sampleSpec } from './sample-spec.js';

const RUN = { directory: '/records/jobs/first', runId: 'RUN' };
const SETTINGS = { STOREBASE: '/store', SLURM_RECORDS: '/records', HOME: '/home/me' };

const text = readFileSync(resolve(import.meta.dirname, '../../docs/batch-jobs.md'), 'utf8');
const blocks = [...text.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, block = '']) => block);
const words = [...text.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm)].map(
  ([, state = '', meaning = '']) => [state, meaning],
);

function submission() {
  const { scheduler, jobs } = loadConfig({ ...SETTINGS, CONTAINER_ENV: 'slurm' });
  if (scheduler.backend !== 'slurm') throw new Error('the settings are of another backend');
  return buildSubmission(sampleSpec(jobs), RUN, scheduler.options);
}

function workflow() {
  const { scheduler, jobs } = loadConfig({
    ...SETTINGS,
    CONTAINER_ENV: 'cromwell',
    CROMWELL_URL: 'http://cromwell:8000',
  });
  if (scheduler.backend !== 'cromwell') throw new Error('the settings are of another backend');
  return buildWorkflow(sampleSpec(jobs), RUN, scheduler.options);
}

/** Before the part that is the same in all scripts. */
const beginningOf = (script: string): string => script.slice(0, script.indexOf('\numask') + 1);
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** The whole page but for its sentences: what the code makes. */
function made(): readonly string[] {
  const { script, ...submitted } = submission();
  const { source, inputs, options, labels } = workflow();
  const shown = { ...inputs, 'ChRISJob.script': '...' };
  return [json(submitted), beginningOf(script), source, json({ inputs: shown, options, labels })];
}

function meaningOf(state: string): string {
  const meaning = STATE_MEANING.get(state);
  if (meaning === undefined) return '';
  if (typeof meaning === 'object') {
    return `\`finishedWithError\`, ${meaning.reason}: ${meaning.message}`;
  }
  return OURS[meaning];
}

const OURS = {
  waiting: '`notstarted`, with the reason why it waits',
  running: '`started` as soon as its record says that the command runs, until then `notstarted`',
  succeeded: '`finishedSuccessfully`, where the record says that the job began',
} as const;

describe('the page on jobs of batch systems', () => {
  it('shows what they are handed for the sample', () => {
    expect(blocks).toEqual(made());
  });

  it('has every state of SLURM with ours', () => {
    expect(words).toEqual([...STATE_MEANING.keys()].map((state) => [state, meaningOf(state)]));
  });
});
