import type { OutgoingHttpHeaders } from 'node:http';

export interface SeenRequest {
  readonly method: string;
  /** The request target as it was sent, with its query. */
  readonly path: string;
}

export interface WholeAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * What goes wrong with a request. `after` counts bytes of the whole answer, status line included;
 * `headers` is behind the empty line; 0 means that the backend has acted but nobody hears of it.
 */
export type Fault =
  /** Never forwarded, never answered. */
  | { readonly kind: 'swallow' }
  /** Never forwarded; the connection is reset. */
  | { readonly kind: 'refuse' }
  /** Never forwarded; answered in the backend's place. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: OutgoingHttpHeaders;
    }
  /** Forwarded late, or answered late, by so many milliseconds. */
  | { readonly kind: 'delay'; readonly what: 'request' | 'answer'; readonly milliseconds: number }
  /** Forwarded; the answer stops and the connection stays open. */
  | { readonly kind: 'hang'; readonly after: number | 'headers' }
  /** Forwarded; the answer stops and the connection is reset. */
  | { readonly kind: 'cut'; readonly after: number | 'headers' }
  /** Forwarded; the bytes of the answer, headers and chunk sizes included, are changed at will. */
  | { readonly kind: 'garble'; readonly change: (bytes: string) => string }
  /** Forwarded; the answer flows at this pace. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Forwarded; status and body are read whole and changed. */
  | { readonly kind: 'rewrite'; readonly change: (answer: WholeAnswer) => WholeAnswer }
  /** Forwarded; each line of a streaming answer becomes none, one or several. */
  | { readonly kind: 'lines'; readonly change: (line: string) => readonly string[] };

/** What to do with requests; of several rules that match, the one added last applies. */
export interface Rule {
  /** Any method without it. */
  readonly method?: string;
  /** Matched against the target with its query; any without it. */
  readonly path?: RegExp;
  /** Only so many matching requests, the first ones; all without it. */
  readonly times?: number;
  readonly fault?: Fault;
  /** Breakpoint: awaited before the request goes to the backend. */
  readonly beforeForward?: (request: SeenRequest) => unknown;
  /** Breakpoint: awaited when the backend has answered, before the client hears of it. */
  readonly beforeAnswer?: (request: SeenRequest) => unknown;
}

export interface AddedRule {
  /** How many requests it has applied to. */
  readonly hits: number;
  /** Resolves when it applies for the first time. */
  readonly hit: Promise<SeenRequest>;
  remove(): void;
}

/** A rule and how often it has applied. */
export class ActiveRule {
  hits = 0;
  readonly hit: Promise<SeenRequest>;
  private tell: (request: SeenRequest) => void = () => undefined;

  constructor(readonly rule: Rule) {
    this.hit = new Promise((resolve) => {
      this.tell = resolve;
    });
  }

  takes(seen: SeenRequest): boolean {
    if (this.hits >= (this.rule.times ?? Infinity) || !matches(this.rule, seen)) return false;
    this.hits += 1;
    this.tell(seen);
    return true;
  }
}

export function matches(
  { method, path }: { readonly method?: string | undefined; readonly path?: RegExp | undefined },
  seen: SeenRequest,
): boolean {
  return (method === undefined || method === seen.method) && (path?.test(seen.path) ?? true);
}
