/** One thousandth of a CPU core; 0 means no limit. */
export type Millicores = number & { readonly unit: 'millicores' };
/** 1,048,576 bytes; 0 means no limit. */
export type Mebibytes = number & { readonly unit: 'mebibytes' };
export type Bytes = number & { readonly unit: 'bytes' };

export const millicores = (value: number): Millicores => value as Millicores;
export const mebibytes = (value: number): Mebibytes => value as Mebibytes;

export function toBytes(size: Mebibytes): Bytes {
  return (size * 1024 * 1024) as Bytes;
}
