/** Whatever comes from any of the streams, until one of them fails or all have ended. */
export async function* merge<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const arrived: T[] = [];
  let wake: () => void = () => undefined;
  const drain = async (stream: AsyncIterable<T>): Promise<void> => {
    for await (const value of stream) {
      arrived.push(value);
      wake();
    }
  };
  let isOver = false;
  const all = Promise.all(streams.map(drain)).finally(() => {
    isOver = true;
    wake();
  });
  // Whoever reads has left when it fails after that.
  all.catch(() => undefined);
  while (!isOver || arrived.length > 0) {
    const values = arrived.splice(0);
    yield* values;
    if (values.length > 0 || isOver) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  await all;
}
