interface Variable {
  readonly name: string;
  readonly default: string;
  readonly help: string;
  readonly only?: readonly string[];
}

interface Group {
  /** Of the class that declares them. */
  readonly name: string;
  readonly variables: readonly Variable[];
}

export function variableTables(groups: readonly Group[]): string;
export function environmentExample(variables: readonly Variable[]): string;
export function replaceBetweenMarks(document: string, name: string, text: string): string;
