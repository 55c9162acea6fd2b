/**
 * One word of a POSIX shell that stands for exactly this text: between single quotes nothing has a
 * meaning but the quote itself. A NUL cannot be part of any word and must have been refused before.
 */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The words of a command, each quoted. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
