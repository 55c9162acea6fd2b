/** Longer than two looks are ever apart while somebody asks. */
const MAX_GAP_MS = 60_000;
const MAX_KEPT = 20_000;

/**
 * For how long something has been so without a break. Only looks count: in the time between two that
 * lie far apart, because one of them failed or nobody asked, it may have been otherwise.
 */
export class Spells {
  private readonly spells = new Map<string, { readonly since: number; readonly until: number }>();

  /** It is so at this moment of a monotonic clock. */
  note(key: string, at: number): void {
    if (this.spells.size > MAX_KEPT) this.spells.clear();
    const spell = this.spells.get(key);
    const isUnbroken = spell !== undefined && at - spell.until <= MAX_GAP_MS;
    this.spells.set(key, { since: isUnbroken ? spell.since : at, until: at });
  }

  end(key: string): void {
    this.spells.delete(key);
  }

  /** Milliseconds, as far as it was looked. */
  lengthOf(key: string): number {
    const spell = this.spells.get(key);
    return spell === undefined ? 0 : spell.until - spell.since;
  }
}
