import { describe, expect, test } from '@jest/globals';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FieldReader } from '../../src/rpc/field-reader.js';

/** Everything that a reader tells of a message. */
function read(message: Buffer) {
  const found: [number, string | number][] = [];
  for (const fields = new FieldReader(message); fields.next();) {
    const isContent = (fields.tag & 7) === 2;
    found.push([fields.tag >>> 3, isContent ? fields.latin1() : fields.value]);
  }
  return found;
}

const message = Buffer.from(
  new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string('first')
    .tag(2, WireType.Varint)
    .int64(2 ** 40 + 5)
    .tag(3, WireType.Bit64)
    .fixed64(7)
    .tag(4, WireType.Bit32)
    .fixed32(7)
    .tag(500, WireType.LengthDelimited)
    .string('x'.repeat(300))
    .finish(),
);

describe('FieldReader', () => {
  test('goes through fields of all kinds', () => {
    const found = read(message);
    expect(found.map(([number]) => number)).toEqual([1, 2, 3, 4, 500]);
    expect(found[0]).toEqual([1, 'first']);
    expect(found[1]).toEqual([2, 2 ** 40 + 5]);
    expect(found[4]).toEqual([500, 'x'.repeat(300)]);
  });

  test('gives what is inside without copying it', () => {
    const outer = Buffer.from(
      new BinaryWriter()
        .tag(9, WireType.LengthDelimited)
        .bytes(message)
        .tag(2, WireType.Varint)
        .int32(1)
        .finish(),
    );
    const fields = new FieldReader(outer);
    fields.next();
    expect(fields.content().buffer).toBe(outer.buffer);
    const inside = fields.inside();
    inside.next();
    expect(inside.latin1()).toBe('first');
    expect(fields.next()).toBe(true);
    expect(fields.value).toBe(1);
    expect(fields.next()).toBe(false);
  });

  test('never reads beyond the end of what is cut short', () => {
    const whole = read(message);
    for (let cut = 0; cut < message.length; cut++) {
      const longer = Buffer.concat([message.subarray(0, cut), Buffer.alloc(400, 0xff)]);
      let found: unknown;
      try {
        found = read(longer.subarray(0, cut));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        continue;
      }
      expect(whole.slice(0, (found as unknown[]).length)).toEqual(found);
    }
  });

  test.each([
    ['a length beyond the end', '0a05ff'],
    ['a length that is cut', '0aff'],
    ['a group', '0b0c'],
    ['a kind that there is not', '0f'],
    ['a tag without end', 'ffffffff'],
  ])('refuses %s', (_, hex) => {
    expect(() => read(Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });
});
