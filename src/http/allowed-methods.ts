/** Every route of the service and the methods it knows. */
export const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\/?$/, 'GET, HEAD, POST'],
  [/^\/api\/v1\/[^/]+\/?$/, 'GET, HEAD, DELETE'],
  [/^\/health\/(?:live|ready)\/?$/, 'GET, HEAD'],
  [/^\/metrics\/?$/, 'GET, HEAD'],
  [/^\/openapi\.json\/?$/, 'GET, HEAD'],
];

/** The Allow header of a known path, or nothing for an unknown one. */
export function allowedMethods(url: string): string | undefined {
  const path = routedPath(url);
  return ROUTES.find(([pattern]) => pattern.test(path))?.[1];
}

/** The path as the router sees it: without origin and query, decoded, of repeated slashes one. */
function routedPath(url: string): string {
  const path = (url.split(/[?#]/, 1)[0] ?? '').replace(/\/{2,}/g, '/');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
