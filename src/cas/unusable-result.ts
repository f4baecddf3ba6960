/** A result that cannot be what the build made: it names other paths, or leads out of the workspace. */
export class UnusableResult extends Error {
  override readonly name: string = 'UnusableResult';
}
