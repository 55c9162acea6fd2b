import { constants, openSync, writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;

/**
 * Standard output that never holds up the service: a line that cannot be written now is dropped, and
 * the next line that can be is preceded by a record of how many were. A reader of a pipe that stands
 * still would otherwise stop every request, and a full disk end the process.
 *
 * Lines stay below PIPE_BUF (4096 bytes), so that a pipe takes each as a whole or not at all.
 */
export class LogOutput {
  private dropped = 0;

  /** @param file a descriptor that does not block */
  constructor(private readonly file: number = openOutput()) {}

  write(line: string): void {
    const text = this.dropped === 0 ? line : `${lossRecord(this.dropped)}${line}`;
    try {
      writeSync(this.file, text);
      this.dropped = 0;
    } catch {
      this.dropped += 1;
    }
  }
}

function lossRecord(lines: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 40, time, lines, msg: 'lines of this log were lost' })}\n`;
}

/** Opened anew, because the mode of the one that was given is shared with whoever gave it. */
function openOutput(): number {
  try {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
    return openSync(`/proc/self/fd/${STANDARD_OUTPUT}`, flags);
  } catch {
    // A socket, or no Linux.
    return STANDARD_OUTPUT;
  }
}
