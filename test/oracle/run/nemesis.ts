import { setTimeout as sleep } from 'node:timers/promises';
import type { Rule } from '../../faults/fault-rules.js';
import type { Outage } from '../checker/history.js';
import type { Engine } from './engine.js';
import type { Replica } from './replica.js';
import type { Harm } from './schedule.js';

const ANY_CALL = /\/(containers|images|version|_ping)/;
const WRITES = /\/containers\/(create|[^/]+\/(start|stop))/;
const ANSWER_DELAY_MS = 400;
const ENGINE_STARTS_TRIED = 3;

/** Does what a schedule says, and undoes it. */
export class Nemesis {
  /** When the engine was away. */
  readonly outages: Outage[] = [];
  /** When events were dropped on their way to a replica. */
  readonly eventLosses: (Outage & { readonly replica: number })[] = [];

  private engineHarm: Promise<void> = Promise.resolve();

  constructor(
    private readonly engine: Engine,
    private readonly replicas: readonly Replica[],
  ) {}

  /** Ends when all harm is over. */
  async run(schedule: readonly Harm[]): Promise<void> {
    const begun = performance.now();
    await Promise.all(
      schedule.map(async (harm) => {
        await sleep(Math.max(0, harm.at - (performance.now() - begun)));
        await this.inflict(harm);
      }),
    );
    await this.startEngine();
  }

  private async inflict({ kind, lasts, replica: number }: Harm): Promise<void> {
    const replica = this.replicas[number];
    if (replica === undefined) throw new Error(`there is no replica ${number}`);
    switch (kind) {
      case 'kill replica':
        return replica.crashAndRestart();
      case 'freeze replica':
        replica.signal('SIGSTOP');
        await sleep(lasts);
        return replica.signal('SIGCONT');
      case 'terminate engine':
        return this.oneAtATime(() => this.restartEngine('SIGTERM', lasts));
      case 'kill engine':
        return this.oneAtATime(() => this.restartEngine('SIGKILL', lasts));
      case 'freeze engine':
        return this.oneAtATime(() => this.freezeEngine(lasts));
      case 'cut connections':
        return replica.proxy.dropConnections();
      case 'drop events':
        return this.dropEvents(replica, lasts);
      case 'repeat events':
        replica.events = 'repeat';
        await sleep(lasts);
        replica.events = 'pass';
        return;
      default:
        return harmCalls(replica, RULES[kind], lasts);
    }
  }

  /** An engine that takes long to start again is not harmed before it has. */
  private oneAtATime(harm: () => Promise<void>): Promise<void> {
    this.engineHarm = this.engineHarm.then(harm);
    return this.engineHarm;
  }

  private async freezeEngine(lasts: number): Promise<void> {
    await this.engine.signal('SIGSTOP');
    await sleep(lasts);
    await this.engine.signal('SIGCONT');
  }

  private async dropEvents(replica: Replica, lasts: number): Promise<void> {
    const from = performance.now();
    replica.events = 'drop';
    await sleep(lasts);
    replica.events = 'pass';
    this.eventLosses.push({ replica: replica.number, from, to: performance.now() });
  }

  private async restartEngine(signal: 'SIGTERM' | 'SIGKILL', down: number): Promise<void> {
    const from = performance.now();
    await this.engine.end(signal);
    await sleep(down);
    await this.startEngine();
    this.outages.push({ from, to: performance.now() });
  }

  private async startEngine(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.engine.start();
      } catch (error) {
        if (attempt === ENGINE_STARTS_TRIED) throw error;
      }
    }
  }
}

const RULES: Readonly<
  Record<'delay answers' | 'lose answers to writes' | 'refuse connections', readonly Rule[]>
> = {
  'delay answers': [
    { path: ANY_CALL, fault: { kind: 'delay', what: 'answer', milliseconds: ANSWER_DELAY_MS } },
  ],
  'lose answers to writes': [
    { method: 'POST', path: WRITES, fault: { kind: 'cut', after: 0 } },
    { method: 'DELETE', path: ANY_CALL, fault: { kind: 'cut', after: 0 } },
  ],
  'refuse connections': [{ fault: { kind: 'refuse' } }],
};

async function harmCalls({ proxy }: Replica, rules: readonly Rule[], lasts: number) {
  const added = rules.map((rule) => proxy.add(rule));
  if (rules === RULES['refuse connections']) proxy.dropConnections();
  await sleep(lasts);
  added.forEach((rule) => rule.remove());
}
