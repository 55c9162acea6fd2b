/** One thousandth of a CPU core; 0 means no limit. */
export type Millicores = number & { readonly unit: 'millicores' };
/** 1,048,576 bytes; 0 means no limit. */
export type Mebibytes = number & { readonly unit: 'mebibytes' };
export type Bytes = number & { readonly unit: 'bytes' };

/** A duration of at least 1. */
export type Seconds = number & { readonly unit: 'seconds' };

export const millicores = (value: number): Millicores => value as Millicores;
export const mebibytes = (value: number): Mebibytes => value as Mebibytes;

export const seconds = (value: number): Seconds => value as Seconds;

export function toBytes(size: Mebibytes): Bytes {
  return (size * 1024 * 1024) as Bytes;
}
