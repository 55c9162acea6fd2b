import { Module, type DynamicModule } from '@nestjs/common';
import type { StorageConfig } from '../config/app-config.js';
import { assertNever } from '../shared/assert-never.js';
import { STORAGE, type StoragePort } from './domain/storage.port.js';

async function createStorage(config: StorageConfig): Promise<StoragePort> {
  switch (config.type) {
    case 'host': {
      const { HostStorage } = await import('./adapters/host/host.storage.js');
      return new HostStorage(config);
    }
    case 'docker_local_volume': {
      const { DockerEngine } = await import('../clients/docker-engine/docker-engine.js');
      const { DockerLocalVolumeStorage } =
        await import('./adapters/docker-local-volume/docker-local-volume.storage.js');
      return new DockerLocalVolumeStorage(new DockerEngine(config.engine), config);
    }
    case 'kubernetes_pvc': {
      const { KubernetesPvcStorage } =
        await import('./adapters/kubernetes-pvc/kubernetes-pvc.storage.js');
      return new KubernetesPvcStorage(config);
    }
    default:
      return assertNever(config);
  }
}

@Module({})
export class StorageModule {
  static forRoot(config: StorageConfig): DynamicModule {
    const providers = [{ provide: STORAGE, useFactory: () => createStorage(config) }];
    return { module: StorageModule, global: true, providers, exports: [STORAGE] };
  }
}
