const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\/?$/, 'GET, HEAD, POST'],
  [/^\/api\/v1\/+[^/]+\/?$/, 'GET, HEAD, DELETE'],
  [/^\/health\/(?:live|ready)\/?$/, 'GET, HEAD'],
  [/^\/openapi\.json\/?$/, 'GET, HEAD'],
];

/** The Allow header of a known path, or nothing for an unknown one. */
export function allowedMethods(url: string): string | undefined {
  const path = url.split('?', 1)[0] ?? '';
  return ROUTES.find(([pattern]) => pattern.test(path))?.[1];
}
