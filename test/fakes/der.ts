/** Just enough of DER to write a certificate or a time stamp for a test. */

export function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

export function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

export const set = (...parts: Buffer[]) => der(0x31, Buffer.concat(parts));
/** `hex`: of the encoded arcs. */
export const objectId = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
export const integer = (value: number) => der(0x02, Buffer.of(value));
