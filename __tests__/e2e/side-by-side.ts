/**
 * Plays rows of a table that wait most of the time, so many at once; Jest's own concurrent tests cannot import what the
 * code loads when it is needed.
 *
 * @returns what went wrong, by the names of the rows
 */
export async function sideBySide<Row extends readonly unknown[]>(
  rows: readonly Row[],
  atOnce: number,
  play: (row: Row) => Promise<void>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const queue = [...rows];
  const worker = async () => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      const own = row;
      await play(own).catch((error: unknown) => {
        wrong.push(`${JSON.stringify(own)}: ${(error as Error).message}`);
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return wrong;
}
