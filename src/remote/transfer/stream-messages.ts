import { FieldReader } from '../../rpc/field-reader.js';
import { contentBytes, FieldWriter, numberBytes } from '../../rpc/field-writer.js';

/** The tags of bytestream.proto: number of the field, and how it is encoded. */
const RESOURCE_NAME = 0x0a;
const WRITE_OFFSET = 0x10;
const FINISH_WRITE = 0x18;
const DATA = 0x52;

/** A piece of a blob that is written. */
export interface WrittenPiece {
  readonly resourceName: string;
  readonly writeOffset: number;
  readonly finishWrite: boolean;
  readonly data: Uint8Array;
}

/** Encodes a `WriteRequest`, copying its data once; the generated encoder copies it up to four times. */
export function encodeWrite({ resourceName, writeOffset, finishWrite, data }: WrittenPiece): Buffer {
  const name = Buffer.from(resourceName);
  const message = Buffer.allocUnsafe(
    contentBytes(name.length) + numberBytes(writeOffset) + numberBytes(1) + contentBytes(data.length),
  );
  const writer = new FieldWriter(message);
  writer.field(RESOURCE_NAME, name.length);
  writer.copy(name);
  writer.field(WRITE_OFFSET, writeOffset);
  writer.field(FINISH_WRITE, finishWrite ? 1 : 0);
  writer.field(DATA, data.length);
  writer.copy(data);
  return message;
}

/** The data of an encoded `ReadResponse`, in the memory of the message. */
export function dataIn(message: Buffer): Buffer {
  let data = message.subarray(0, 0);
  for (const fields = new FieldReader(message); fields.next();) {
    if (fields.tag === DATA) data = fields.content();
  }
  return data;
}
