/** One part of what `cache usage` tells. */
export interface UsageSection {
  /** Its key in the JSON document, and its heading where it is not the first. */
  readonly name: string;
  /** Name and value, for people. */
  readonly rows: readonly (readonly [name: string, value: string])[];
  /** For programs. */
  readonly document: Readonly<Record<string, unknown>>;
}
