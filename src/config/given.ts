import { INPUTS, type InputName } from '../gen/inputs.js';

/** What was typed, by input; an input that was left out is absent or empty. */
export type RawInputs = Readonly<Partial<Record<InputName, string>>>;

/** The value of an input: what was typed, or its default. */
export function given(raw: RawInputs, name: InputName): string {
  const value = raw[name] ?? '';
  return value === '' ? INPUTS[name].default : value;
}
