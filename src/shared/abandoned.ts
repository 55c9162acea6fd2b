/**
 * The reason of a signal that ended because nobody waits for the result any more: no sign of trouble
 * on the other side.
 */
export class Abandoned extends Error {
  constructor() {
    super('nobody waits for it any more');
    this.name = 'Abandoned';
  }
}
