/** One point of a readiness check, in plain words. */
export interface CheckResult {
  /** What was checked, such as `engine` or `storage`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found: a version, a path, or what is wrong. */
  readonly detail: string;
  /** What an operator does about it; present when `ok` is false. */
  readonly mend?: string;
}
