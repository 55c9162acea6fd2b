import type { Job } from '../../scheduling/domain/job.js';
import type { JobDto } from './job.dto.js';

/** The seven keys of the v1 API. */
export function presentJob(job: Job, logs: string): JobDto {
  return {
    jid: job.name,
    image: job.image,
    cmd: job.command.map(shellQuote).join(' '),
    status: job.state.status,
    message: job.state.message,
    timestamp: job.state.timestamp,
    logs,
  };
}

const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/** Quotes a word for a POSIX shell as Python's `shlex.quote` does. */
export function shellQuote(word: string): string {
  if (PLAIN_WORD.test(word)) return word;
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}
