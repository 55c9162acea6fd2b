import { CONTAINER_ENVS } from './environment/job.environment.js';
import { VARIABLES, type Environment } from './environment.js';

const CONTAINER_BACKENDS = new Set<string>(CONTAINER_ENVS);

/** Says which settings have no effect on the chosen backend and storage type. */
export function ineffectiveSettings(
  environment: Environment,
  backend: string,
  storageType: string,
): string[] {
  return VARIABLES.filter(({ name, only }) => {
    const isSet = environment[name as keyof Environment] !== undefined;
    return isSet && only !== undefined && !only.includes(backend) && !only.includes(storageType);
  }).map(({ name, only = [] }) => {
    const places = only.filter((place) => !CONTAINER_BACKENDS.has(place));
    const where =
      places.length > 0
        ? `STORAGE_TYPE=${places.join(' or ')}`
        : `CONTAINER_ENV=${only.join(' or ')}`;
    return `${name} has no effect: it needs ${where}`;
  });
}

/** Warns of unknown names that are one or two letters away from a known one. */
export function misspeltVariables(names: readonly string[]): string[] {
  const known = VARIABLES.map(({ name }) => name);
  return names
    .filter((name) => /^[A-Z][A-Z0-9_]{4,}$/.test(name) && !known.includes(name))
    .flatMap((name) => {
      const nearest = known.find((candidate) => candidate.length > 5 && isNear(name, candidate));
      return nearest === undefined
        ? []
        : [`${name} is not a setting of this service: is ${nearest} meant?`];
    });
}

/** Most variables of a machine are told apart by their lengths, at no cost. */
function isNear(a: string, b: string): boolean {
  return Math.abs(a.length - b.length) <= 2 && distance(a, b) <= 2;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
