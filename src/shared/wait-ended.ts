/** Thrown to whoever waited for others until its own time was up: nothing was done for it. */
export class WaitEnded extends Error {
  constructor(what: string, cause: unknown) {
    super(`${what} did not come in time`, { cause });
    this.name = 'WaitEnded';
  }
}
