import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Ends the output of a run with one line: `N passed, N failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const results = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number =>
      results.filter((test) => test.result().state === state).length;
    // A file or a hook that fails without a failing test would otherwise count as nothing.
    const brokenFiles = modules.filter(
      (module) =>
        module.state() === 'failed' &&
        ![...module.children.allTests()].some((test) => test.result().state === 'failed'),
    ).length;
    const failed = count('failed') + brokenFiles + errors.length;
    process.once('exit', () => {
      process.stdout.write(`${count('passed')} passed, ${failed} failed\n`);
    });
  }
}
