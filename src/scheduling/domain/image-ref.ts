/** An image reference by the grammar of the OCI distribution project. */
export type ImageRef = string & { readonly kind: 'image-ref' };

/** The parts of a reference; `host` is absent where the engine's default registry is meant. */
export interface ImageParts {
  readonly host: string | undefined;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const MAX_NAME_LENGTH = 255;
const MAX_LENGTH = MAX_NAME_LENGTH + 1 + 128 + 1 + 200;

// Source: github.com/distribution/reference, file reference.go and regexp.go.
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOTTED = `${LABEL}(?:\\.${LABEL})+`;
const HOST = new RegExp(
  `^(?:localhost|${DOTTED}|\\[[0-9a-fA-F:]+\\]|${LABEL}(?:\\.${LABEL})*(?=:\\d))(?::\\d{1,5})?$`,
);
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z][a-z0-9]*(?:[+._-][a-z][a-z0-9]*)*:[0-9a-fA-F]{32,128}$/i;

export const IMAGE_RULE =
  'must be an image reference such as docker.io/fnndsc/pl-simpledsapp:2.1.0 ' +
  '(lower-case path, optional tag and digest)';

/** Engines take this for the id of an image, whoever it belongs to. */
const IMAGE_ID = /^[0-9a-f]{64}$/;

/** Splits a reference into its parts, or gives nothing when it is not one. */
export function splitImageRef(value: string): ImageParts | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const [named, digest] = splitOnce(value, value.indexOf('@'));
  const colon = named.lastIndexOf(':');
  const [name, tag] = splitOnce(named, colon > named.lastIndexOf('/') ? colon : -1);
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  if (name === '' || name.length > MAX_NAME_LENGTH || IMAGE_ID.test(name)) return undefined;
  const components = name.split('/');
  const first = components[0] ?? '';
  const host = components.length > 1 && HOST.test(first) ? first : undefined;
  const path = host === undefined ? components : components.slice(1);
  if (!path.every((component) => PATH_COMPONENT.test(component))) return undefined;
  return { host, path: path.join('/'), tag, digest };
}

function splitOnce(text: string, at: number): readonly [string, string | undefined] {
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** @returns the reference, or nothing when it breaks `IMAGE_RULE`. */
export function parseImageRef(value: string): ImageRef | undefined {
  return splitImageRef(value) === undefined ? undefined : (value as ImageRef);
}
