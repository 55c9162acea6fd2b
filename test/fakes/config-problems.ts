import { ConfigError, loadConfig } from '../../src/config/load-config.js';

/** The problems of an environment; none when it is accepted. */
export function problemsOf(raw: Record<string, unknown>): readonly string[] {
  try {
    loadConfig(raw);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
