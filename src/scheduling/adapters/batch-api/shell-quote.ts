/** Stands in a script in front of all quoted words: `sbatch` refuses a script with CR LF in it. */
export const QUOTE_PRELUDE = `cr=$(printf '\\r')`;

/**
 * One word of a POSIX shell that stands for exactly this text: between single quotes nothing has a
 * meaning but the quote itself. A NUL cannot be part of any word and must have been refused before.
 */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`).replaceAll('\r', `'"$cr"'`)}'`;
}

/** The words of a command, each quoted. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
