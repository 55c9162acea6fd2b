import { describe, expect, it } from 'vitest';
import type { SwarmEngine } from '../../../clients/docker-engine/swarm-engine.js';
import { GenericResources } from './generic-resources.js';

const soon = (): AbortSignal => AbortSignal.timeout(1_000);

function node(resources: readonly object[], State = 'ready', Availability = 'active'): object {
  return {
    Status: { State },
    Spec: { Availability },
    Description: { Resources: { GenericResources: resources } },
  };
}

const counted = (Value: number, Kind = 'gpu') => ({ DiscreteResourceSpec: { Kind, Value } });
const named = (Value: string, Kind = 'gpu') => ({ NamedResourceSpec: { Kind, Value } });

function ask(count: number, ...nodes: readonly object[]): Promise<void> {
  const engine = { listNodes: () => Promise.resolve(nodes) } as unknown as SwarmEngine;
  return new GenericResources(engine, 'gpu').assertPresent(count, soon());
}

describe('the GPUs of a swarm', () => {
  it('are enough where one node has as many, counted or by name', async () => {
    await expect(ask(2, node([counted(1)]), node([counted(2)]))).resolves.toBeUndefined();
    await expect(ask(2, node([named('a'), named('b')]))).resolves.toBeUndefined();
  });

  it.each<[string, readonly object[]]>([
    ['has none', [{}, node([counted(8, 'fpga'), named('x', 'fpga')])]],
    ['has at most 2 on one node', [node([counted(2)]), node([counted(2)])]],
    ['has at most 1 on one node', [node([counted(1)]), node([counted(4)], 'down')]],
    ['has none', [node([counted(4)], 'ready', 'drain')]],
  ])('are refused in words where it %s', async (words, nodes) => {
    await expect(ask(3, ...nodes)).rejects.toMatchObject({
      code: 'InvalidRequest',
      fields: { gpu_limit: expect.stringContaining(`the swarm ${words} (generic resource "gpu"`) },
    });
  });

  it('count of a node that takes nothing new for a while, or is not known to be down', async () => {
    await expect(ask(3, node([counted(3)], 'ready', 'pause'))).resolves.toBeUndefined();
    await expect(ask(3, node([counted(3)], 'unknown'))).resolves.toBeUndefined();
  });
});
