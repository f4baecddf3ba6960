/** Waits until something holds, for as long as a busy machine may take. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come true: ${holds.toString()}`);
    await new Promise((wake) => setTimeout(wake, 5));
  }
}
