import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { engineRequest } from './engine.mjs';

/** A job image made of this machine's own busybox, for where nothing can be pulled. */
export const LOCAL_IMAGE = 'localhost/pman-quickstart:1';

const TOOLS = ['sh', 'cat', 'echo', 'ls', 'sleep', 'tr', 'wc'];
const BLOCK = 512;

/** @returns whether this machine has a busybox that runs in an otherwise empty image. */
export async function findStaticBusybox(env = process.env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const binary = await readFile(join(folder, 'busybox')).catch(() => undefined);
    if (binary !== undefined && isStatic(binary)) return binary;
  }
  return undefined;
}

/** Gives the engine an image with that busybox; nothing is pulled. */
export async function importJobImage(address, busybox) {
  const tar = Buffer.concat([
    entry({ name: 'tmp/', mode: 0o1777, type: '5' }),
    entry({ name: 'bin/', mode: 0o755, type: '5' }),
    entry({ name: 'bin/busybox', mode: 0o755, type: '0', data: busybox }),
    ...TOOLS.map((tool) => entry({ name: `bin/${tool}`, mode: 0o777, type: '2', link: 'busybox' })),
    Buffer.alloc(2 * BLOCK),
  ]);
  // The tag stands in `repo`: Podman does not read `tag`.
  const path = `/images/create?${new URLSearchParams({ fromSrc: '-', repo: LOCAL_IMAGE })}`;
  const { body } = await engineRequest(address, 'POST', path, tar, 'application/x-tar');
  // The status says nothing: it is sent before the import begins.
  const made = await engineRequest(address, 'GET', `/images/${LOCAL_IMAGE}/json`);
  if (made.status !== 200) throw new Error(`the engine did not take the image: ${body.trim()}`);
}

/** A static ELF program names no interpreter (PT_INTERP) among its segments; 64-bit, little endian. */
function isStatic(binary) {
  if (binary.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return false;
  const [at, size, count] = [
    binary.readUInt32LE(0x20),
    binary.readUInt16LE(0x36),
    binary.readUInt16LE(0x38),
  ];
  const types = Array.from({ length: count }, (_, index) => binary.readUInt32LE(at + index * size));
  return !types.includes(3);
}

/** One entry of a tar archive (ustar), owned by root. */
function entry({ name, mode, type, link = '', data = Buffer.alloc(0) }) {
  const header = Buffer.alloc(BLOCK);
  const octal = (value, width) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(data.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write(link, 157);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)} `, 148);
  return Buffer.concat([header, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}
