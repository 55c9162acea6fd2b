import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readWatchEvents } from './watch-events.js';

const event = (type: string, version: string): string =>
  `${JSON.stringify({ type, object: { metadata: { name: 'a', uid: 'u', resourceVersion: version } } })}\n`;

async function read(...chunks: readonly string[]): Promise<string[]> {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  const seen: string[] = [];
  for await (const { type, object } of readWatchEvents(stream, 5_000)) {
    seen.push(`${type} ${object.metadata.resourceVersion}`);
  }
  return seen;
}

describe('the stream of a watch', () => {
  it('is read line by line, however it is cut', async () => {
    const text = event('ADDED', '1') + event('MODIFIED', '2');
    for (let cut = 0; cut < text.length; cut += 1) {
      expect(await read(text.slice(0, cut), text.slice(cut))).toEqual(['ADDED 1', 'MODIFIED 2']);
    }
  });

  it('ends at its last whole line when it was cut off', async () => {
    expect(await read(event('ADDED', '1'), '{"type":"MODI')).toEqual(['ADDED 1']);
  });

  it('tells by a 410 that its history is lost', async () => {
    const status = { kind: 'Status', code: 410, message: 'too old resource version' };
    const line = `${JSON.stringify({ type: 'ERROR', object: status })}\n`;
    await expect(read(line)).rejects.toMatchObject({ status: 410 });
  });

  it.each(['nonsense\n', '{"type":"ADDED"}\n', '{"type":"ADDED","object":{"metadata":null}}\n'])(
    'fails at the line %s',
    async (line) => {
      await expect(read(line)).rejects.toThrow(/event of the cluster/);
    },
  );

  it('fails at a line without an end instead of keeping it', async () => {
    await expect(read('['.repeat(5 * 1024 * 1024))).rejects.toThrow(/too long/);
  });

  it('fails when nothing comes for too long', async () => {
    const stream = new PassThrough();
    stream.write(event('BOOKMARK', '5'));
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const { type } of readWatchEvents(stream, 50)) seen.push(type);
    };
    await expect(reading()).rejects.toThrow('silent');
    expect(seen).toEqual(['BOOKMARK']);
    expect(stream.destroyed).toBe(true);
  });
});
