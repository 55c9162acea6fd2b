import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../../../test/fakes/builders.js';
import { ContainerStart } from './container-start.js';
import { FakeEngine, says } from './docker-fixture.js';

const { name: NAME } = jobSpec();
const SIGNAL = AbortSignal.timeout(60_000);
const IMPROPER = 'must be in Created or Stopped state to be started: container state improper';

/** A container that somebody has asked for at 0, by a clock that only waiting moves. */
async function made() {
  const engine = new FakeEngine();
  const clock = { now: 0 };
  const id = await engine.createContainer({ name: NAME });
  const container = engine.named(id);
  if (container === undefined) throw new Error('there is no container');
  const pause = (milliseconds: number) => Promise.resolve(void (clock.now += milliseconds));
  const starts = new ContainerStart(engine, () => clock.now, pause);
  const start = (isNew: boolean) => starts.once({ id, worker: 0, isNew, askedAt: 0 }, NAME, SIGNAL);
  return { engine, clock, container, starts, start };
}

describe('a container that this submission has made', () => {
  it('is started at once, without a look', async () => {
    const { engine, clock, container, start } = await made();
    engine.beforeLook = () => Promise.reject(new Error('looked'));
    await start(true);
    expect(container.runs).toBe(1);
    expect(clock.now).toBe(0);
  });

  it('is started late only if it still waits', async () => {
    const { clock, container, engine, start } = await made();
    clock.now = 2_000;
    await start(true);
    expect(container.runs).toBe(1);
    container.state = 'exited';
    await start(true);
    expect(container.runs).toBe(1);
    expect(engine.removed).toEqual([]);
  });
});

describe('a container that another submission has made', () => {
  it('is left to it for a moment, and started by this one when it has died', async () => {
    const { clock, container, start } = await made();
    await start(false);
    expect(container.runs).toBe(1);
    expect(clock.now).toBeGreaterThanOrEqual(1_000);
    expect(clock.now).toBeLessThanOrEqual(2_000);
  });

  it.each(['running', 'exited'] as const)('and that is %s by then is left alone', async (state) => {
    const { engine, clock, container, start } = await made();
    engine.beforeLook = () => {
      if (clock.now < 1_000 || container.runs > 0) return;
      engine.run(container);
      container.state = state;
    };
    await start(false);
    expect(container.runs).toBe(1);
  });

  it('and could not start is not left to it any longer', async () => {
    const { engine, clock, container, start } = await made();
    const findContainer = engine.findContainer.bind(engine);
    engine.findContainer = async (key) => {
      const seen = await findContainer(key);
      return seen && { ...seen, State: { ...seen.State, Error: 'ttrpc: closed' } };
    };
    await start(false);
    expect(container.runs).toBe(1);
    expect(clock.now).toBe(0);
  });

  it('and removes again is asked for anew later', async () => {
    const { engine, container, start } = await made();
    engine.containers.delete(container.id);
    await expect(start(false)).rejects.toMatchObject({ code: 'BackendBusy', retryable: true });
  });

  it('is looked at again when the look itself took long', async () => {
    const { engine, clock, container, start } = await made();
    const findContainer = engine.findContainer.bind(engine);
    engine.findContainer = async (key) => {
      const seen = await findContainer(key);
      // The answer comes after the time in which the container has run.
      if (clock.now >= 1_500 && container.runs === 0) {
        clock.now += 3_000;
        engine.run(container);
        container.state = 'exited';
      }
      return seen;
    };
    await start(false);
    expect(container).toMatchObject({ state: 'exited', runs: 1 });
  });
});

describe('a start that fails', () => {
  it.each(['running', 'exited'] as const)(
    'because another one was faster is none, when it is %s',
    async (state) => {
      const { engine, container, start } = await made();
      engine.beforeStart = () => {
        engine.run(container);
        container.state = state;
        throw says(500, IMPROPER);
      };
      await expect(start(true)).resolves.toBeUndefined();
      expect(engine.removed).toEqual([]);
    },
  );
});

describe('a container that has run', () => {
  it('and is called created since the machine was restarted is neither started nor removed', async () => {
    const { engine, clock, container, starts, start } = await made();
    container.startedAt = '2026-01-02T03:04:05Z';
    clock.now = 10_000;
    await start(true);
    expect(await starts.removeUnstarted(container.id, SIGNAL)).toBe(false);
    expect(container.runs).toBe(0);
    expect(engine.removed).toEqual([]);
  });
});
