/** Steps that were taken, so that they can be taken back. */
export class Journal {
  readonly #undo: { readonly path: string; readonly act: () => Promise<unknown> }[] = [];

  /** @param path of what was changed, for people */
  note(path: string, act: () => Promise<unknown>): void {
    this.#undo.push({ path, act });
  }

  get length(): number {
    return this.#undo.length;
  }

  /**
   * Takes back the last steps until there are so many.
   *
   * @returns the paths of those that could not be taken back
   */
  async takeBack(length = 0): Promise<readonly string[]> {
    const changed: string[] = [];
    for (const { path, act } of this.#undo.splice(length).reverse()) {
      try {
        await act();
      } catch {
        changed.push(path);
      }
    }
    return changed;
  }
}
