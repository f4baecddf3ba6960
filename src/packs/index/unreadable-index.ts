/** An index that cannot be used: its writer is newer than we are, or it is not what its writer wrote. */
export class UnreadableIndex extends Error {
  override readonly name = 'UnreadableIndex';

  constructor(
    message: string,
    readonly kind: 'newer' | 'damaged',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @param reason completes "the index is damaged: …" */
export function damagedIndex(reason: string, options?: ErrorOptions): UnreadableIndex {
  return new UnreadableIndex(`the index is damaged: ${reason}`, 'damaged', options);
}
