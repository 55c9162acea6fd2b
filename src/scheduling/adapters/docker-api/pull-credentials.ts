import {
  readCredentials,
  type RegistryCredentials,
} from '../../../clients/docker-engine/registry-credentials.js';
import { splitImageRef } from '../../domain/image-ref.js';
import { backendError } from '../../domain/scheduling-errors.js';

/** The registry of references that name none. */
const DEFAULT_REGISTRY = 'docker.io';

/** What an engine is given to pull an image: the credentials of its own registry and no others. */
export class PullCredentials {
  /** @param file of registry credentials; absent: everything is pulled without */
  constructor(private readonly file: string | undefined) {}

  async for(reference: string): Promise<RegistryCredentials | undefined> {
    const parts = splitImageRef(reference);
    if (this.file === undefined || parts === undefined) return undefined;
    const repository = `${parts.host ?? DEFAULT_REGISTRY}/${parts.path}`;
    return readCredentials(this.file, repository).catch((error: unknown) => {
      throw backendError('the registry credentials of the service cannot be used', error);
    });
  }
}
