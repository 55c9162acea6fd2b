interface Variable {
  readonly name: string;
  readonly default: string;
  readonly help: string;
  readonly only?: readonly string[];
}

export function variableTable(variables: readonly Variable[]): string;
export function environmentExample(variables: readonly Variable[]): string;
export function replaceBetweenMarks(document: string, name: string, text: string): string;
