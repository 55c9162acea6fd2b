import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, normalize } from 'node:path';
import type { WorkflowCall } from './cromwell-client.js';

const MAX_BYTES = 2_048;
const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Neither through a link, nor waiting for somebody to write into a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * What was said about a call beside its output, on storage that is shared with the server: by the batch
 * system to its submission, by the shell of its script, or by the batch system at its end. The end of
 * each file; nothing where they cannot be read.
 * @param workflow its id; a path that does not lead into the folder of that workflow is not read
 */
export async function readCallWords(
  workflow: string,
  { jobId, stderr }: WorkflowCall,
): Promise<string> {
  if (stderr === undefined || !isOfWorkflow(stderr, workflow)) return '';
  const paths = jobId === undefined ? [`${stderr}.submit`] : [stderr, `${stderr}.batch`];
  const texts = await Promise.all(paths.map((path) => readEnd(path, workflow)));
  return texts.filter((text) => text !== '').join(' ');
}

/** The layout of Cromwell's folders: `.../WORKFLOW/ID/call-TASK[/shard-N]/execution/stderr`. */
function isOfWorkflow(path: string, workflow: string): boolean {
  if (!ID.test(workflow) || !isAbsolute(path) || normalize(path) !== path) return false;
  return path.includes(`/${workflow}/call-`) && path.endsWith('/execution/stderr');
}

async function readEnd(path: string, workflow: string): Promise<string> {
  try {
    const folder = await realpath(dirname(path));
    if (!folder.includes(`/${workflow}/call-`)) return '';
    const file = await open(path, FLAGS);
    try {
      const found = await file.stat();
      if (!found.isFile()) return '';
      const start = Math.max(0, found.size - MAX_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, start);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}
