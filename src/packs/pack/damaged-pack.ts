/** A pack that is not what its writer wrote, or whose writer lied: nothing more is to be read from it. */
export class DamagedPack extends Error {
  override readonly name = 'DamagedPack';

  constructor(
    readonly id: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`the pack ${id} is damaged: ${reason}`, options);
  }
}
