import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** What a field that is a number is set to; null: it is not there. */
export type Number64 = bigint | null;

/** The largest and the smallest number of 64 bits, of 32 bits, one that no enum has, and none. */
export const EXTREMES: Readonly<Record<string, Number64>> = {
  'the largest': 2n ** 63n - 1n,
  'the largest without a sign': 2n ** 64n - 1n,
  'the smallest': -(2n ** 63n),
  'the largest of 32 bits': 2n ** 31n - 1n,
  'one below zero': -1n,
  unknown: 77n,
  absent: null,
};

/**
 * Sets a number deep in an encoded message, whatever its kind (int64, int32, bool, enum: all are varints), as no client
 * or server of ours would send it. In a repeated message it is set in each.
 *
 * @param path the numbers of the fields on the way; what is not there is made, unless the number is to be absent
 */
export function setNumber(message: Uint8Array, path: readonly number[], value: Number64): Buffer {
  const [field = 0, ...inside] = path;
  const writer = new BinaryWriter();
  let found = false;
  for (const { number, type, raw } of fieldsOf(message)) {
    if (number !== field) writer.raw(raw);
    else if (inside.length > 0 && type === WireType.LengthDelimited) {
      found = true;
      writer.tag(field, type).bytes(setNumber(contentOf(raw), inside, value));
    }
  }
  if (!found && value !== null) {
    if (inside.length === 0) writer.tag(field, WireType.Varint).uint64(BigInt.asUintN(64, value));
    else writer.tag(field, WireType.LengthDelimited).bytes(setNumber(new Uint8Array(), inside, value));
  }
  return Buffer.from(writer.finish());
}

function* fieldsOf(message: Uint8Array) {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    reader.skip(type);
    yield { number, type, raw: message.subarray(start, reader.pos) };
  }
}

function contentOf(raw: Uint8Array): Uint8Array {
  const reader = new BinaryReader(raw);
  reader.tag();
  return reader.bytes();
}
