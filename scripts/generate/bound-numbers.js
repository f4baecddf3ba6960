/**
 * Has the generated code read a 64-bit number that JavaScript cannot hold as the nearest that it can, where it throws
 * otherwise: a server says "no limit" with the largest there is, and one odd field would make all the others unreadable.
 * What such a number means is for whoever uses it to say.
 */
export function boundNumbers(text) {
  return text.replace(
    /throw new globalThis\.Error\("Value is (?:larger|smaller) than Number\.(\w+)"\);/g,
    'return globalThis.Number.$1;',
  );
}
