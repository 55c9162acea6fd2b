const PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const MAX_LENGTH = 200;

/** A job's identifier as the client gave it: what `parseJobName` accepts. */
export type JobName = string & { readonly kind: 'job-name' };

export const JOB_NAME_RULE =
  `must be 1 to ${MAX_LENGTH} letters, digits, "_", "." or "-", ` +
  'begin with a letter or digit and not contain ".."';

/** @returns the name, or nothing when it breaks `JOB_NAME_RULE`. */
export function parseJobName(value: string): JobName | undefined {
  if (value.length > MAX_LENGTH || !PATTERN.test(value) || value.includes('..')) return undefined;
  return value as JobName;
}
