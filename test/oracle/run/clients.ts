import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation, PlannedJob } from '../checker/history.js';
import { JobMaker, type SendableJob } from './jobs.js';
import type { Random } from './random.js';
import type { Recorder } from './recorder.js';
import type { Replica } from './replica.js';

/** A job takes seconds; one that is not seen to end by then is left alone, in milliseconds. */
const FOLLOW_MS = 20_000;
/** Whatever was sent is repeated for so long until there is an answer, in milliseconds. */
const REPEAT_MS = 60_000;

export interface ClientSettings {
  readonly replicas: readonly [Replica, ...Replica[]];
  readonly recorder: Recorder;
  readonly random: Random;
  readonly store: string;
  readonly prefix: string;
  /** A client that asks for no more than one keeps the number of jobs alive in bounds. */
  readonly maxWorkers: number;
}

/** Does one thing after another with one job at a time, until it is told to stop. */
export class Client {
  private readonly jobs: JobMaker;

  constructor(private readonly settings: ClientSettings) {
    const { store, prefix, random } = settings;
    this.jobs = new JobMaker(store, prefix, random.fork());
  }

  async run(until: number): Promise<void> {
    while (performance.now() < until) await this.live();
  }

  private live(): Promise<void> {
    const { random } = this.settings;
    const scenario = random.pick([
      () => this.plain(),
      () => this.plain(),
      () => this.twins(),
      () => this.rivals(),
      () => this.bad(),
      () => this.removedEarly(),
      () => this.removedEarly(),
      () => this.again(),
    ]);
    return scenario();
  }

  /** From its POST to its end, and sometimes to its removal. */
  private async plain(): Promise<void> {
    const job = await this.nextJob();
    await Promise.all([this.submit(job), this.lookSometimes(job.plan.jid)]);
    await this.follow(job.plan.jid);
    if (this.settings.random.chance(0.3)) await this.submit(job);
    if (this.settings.random.chance(0.6)) await this.remove(job.plan.jid);
  }

  /** The same job several times at once, on all replicas. */
  private async twins(): Promise<void> {
    const job = await this.nextJob();
    const { replicas, random } = this.settings;
    const all = random.chance(0.5) ? [...replicas, ...replicas] : replicas;
    await Promise.all(all.map((replica) => this.post(job, replica)));
    await this.submit(job);
    await this.follow(job.plan.jid);
  }

  /** Two different jobs for one jid at once: one of them at most is taken. */
  private async rivals(): Promise<void> {
    const { replicas } = this.settings;
    const jid = this.jobs.nextJid();
    const rivals = [await this.jobs.make(jid), await this.jobs.make(jid)];
    await Promise.all(
      rivals.map((job, index) => this.post(job, replicas[index % replicas.length])),
    );
    for (const job of rivals) await this.submit(job);
    await this.follow(jid);
  }

  private async bad(): Promise<void> {
    const job = await this.jobs.makeBad(this.jobs.nextJid());
    await this.submit(job);
    await this.get(job.plan.jid);
    await this.remove(job.plan.jid);
  }

  /** At any moment of its life, by one or several at once. */
  private async removedEarly(): Promise<void> {
    const job = await this.nextJob();
    const { jid, workers } = job.plan;
    const { random } = this.settings;
    // Of several workers a POST without an answer may have left some: then it has to be repeated.
    if (workers > 1 || random.chance(0.8)) await this.submit(job);
    else await this.post(job);
    await sleep(random.integer(0, 1_500));
    await Promise.all([this.remove(jid), this.lookSometimes(jid), this.removeToo(jid)]);
    for (let looks = random.integer(1, 4); looks > 0; looks -= 1) await this.get(jid);
  }

  /** Another job under the jid of one that was removed. */
  private async again(): Promise<void> {
    const job = await this.nextJob();
    const { jid } = job.plan;
    await this.submit(job);
    await sleep(this.settings.random.integer(0, 1_000));
    await this.remove(jid);
    await this.submit(await this.makeJob(jid));
    await this.follow(jid);
  }

  private nextJob(): Promise<SendableJob> {
    return this.makeJob(this.jobs.nextJid());
  }

  private async makeJob(jid: string): Promise<SendableJob> {
    const { random, maxWorkers } = this.settings;
    return this.jobs.make(jid, random.integer(1, maxWorkers));
  }

  /** Repeats a POST until there is a definite answer. */
  private submit(job: SendableJob): Promise<void> {
    return this.repeat(() => this.post(job));
  }

  private remove(jid: string): Promise<void> {
    return this.repeat(() => this.settings.recorder.delete(this.someReplica(), jid));
  }

  private async removeToo(jid: string): Promise<void> {
    if (this.settings.random.chance(0.3)) await this.remove(jid);
  }

  private async repeat(send: () => Promise<Operation>): Promise<void> {
    const deadline = performance.now() + REPEAT_MS;
    while (performance.now() < deadline) {
      const { outcome, status } = await send();
      if (outcome !== 'info' && status !== undefined) return;
      await sleep(this.settings.random.integer(50, 400));
    }
  }

  /** Polls until the job is seen to end or is gone. */
  private async follow(jid: string): Promise<void> {
    const deadline = performance.now() + FOLLOW_MS;
    while (performance.now() < deadline) {
      const { shown, status } = await this.get(jid);
      if (shown?.startsWith('finished') || status === 404) break;
      await sleep(this.settings.random.integer(50, 250));
    }
    await this.get(jid);
    await this.get(jid);
  }

  private async lookSometimes(jid: string): Promise<void> {
    const { random } = this.settings;
    for (let looks = random.integer(0, 4); looks > 0; looks -= 1) {
      await this.get(jid);
      await sleep(random.integer(0, 60));
    }
  }

  private get(jid: string): Promise<Operation> {
    return this.settings.recorder.get(this.someReplica(), jid);
  }

  private post({ plan, body }: SendableJob, replica = this.someReplica()): Promise<Operation> {
    this.register(plan);
    return this.settings.recorder.post(replica, plan, body);
  }

  private register(plan: PlannedJob): void {
    const { planned } = this.settings.recorder;
    if (!planned.includes(plan)) planned.push(plan);
  }

  private someReplica(): Replica {
    const { random, replicas } = this.settings;
    return random.pick(replicas);
  }
}
