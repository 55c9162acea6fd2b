import { Random } from './random.js';

export const REPLICAS = [0, 1] as const;
export type ReplicaNumber = (typeof REPLICAS)[number];

/** Harm to a process; one at a time. */
const PROCESS_HARMS = [
  'kill replica',
  'freeze replica',
  'terminate engine',
  'kill engine',
  'freeze engine',
] as const;

/** Harm to the connections between one replica and the engine; one at a time. */
const NETWORK_HARMS = [
  'cut connections',
  'delay answers',
  'lose answers to writes',
  'refuse connections',
  'drop events',
  'repeat events',
] as const;

export type HarmKind = (typeof PROCESS_HARMS)[number] | (typeof NETWORK_HARMS)[number];

export interface Harm {
  readonly kind: HarmKind;
  /** Milliseconds since the beginning of the run. */
  readonly at: number;
  /** For how long, in milliseconds; of no meaning for what happens at once. */
  readonly lasts: number;
  readonly replica: ReplicaNumber;
}

interface Lane {
  readonly kinds: readonly [HarmKind, ...HarmKind[]];
  readonly pause: readonly [number, number];
  readonly lasts: readonly [number, number];
}

const LANES: readonly Lane[] = [
  { kinds: PROCESS_HARMS, pause: [1_500, 4_000], lasts: [300, 3_500] },
  { kinds: NETWORK_HARMS, pause: [500, 2_000], lasts: [500, 4_000] },
];

/** What goes wrong and when, in a run of so many milliseconds: the same for the same seed. */
export function scheduleOf(seed: number, duration: number): readonly Harm[] {
  const random = new Random(seed);
  return LANES.flatMap((lane) => harmsOf(lane, random.fork(), duration)).toSorted(
    (a, b) => a.at - b.at,
  );
}

function harmsOf({ kinds, pause, lasts }: Lane, random: Random, duration: number): Harm[] {
  const harms: Harm[] = [];
  let at = random.integer(...pause);
  while (at < duration) {
    const harm = {
      kind: random.pick(kinds),
      at,
      lasts: Math.min(random.integer(...lasts), duration - at),
      replica: random.pick(REPLICAS),
    };
    harms.push(harm);
    at += harm.lasts + random.integer(...pause);
  }
  return harms;
}

export function describeHarm({ kind, at, lasts, replica }: Harm): string {
  const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(1);
  const whose = kind.endsWith('engine') || kind.endsWith('replica') ? '' : ' of';
  const whom = kind.endsWith('engine') ? '' : `${whose} ${replica}`;
  return `${seconds(at).padStart(5)} s  ${kind}${whom}, ${seconds(lasts)} s`;
}
