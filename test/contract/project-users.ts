import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ProjectUsers {
  /** What makes the API server ask for the user of each new pod of the namespace. */
  readonly configuration: object;
  /** Names of the pods that were given a user. */
  readonly given: readonly string[];
  close(): Promise<void>;
}

interface Review {
  readonly request: {
    readonly uid: string;
    readonly object: {
      readonly metadata: { readonly generateName?: string };
      readonly spec: {
        readonly securityContext?: object;
        readonly containers: readonly { readonly securityContext?: object }[];
      };
    };
  };
}

/**
 * Gives each pod of a namespace a user and a group, where it has none, as the constraint restricted-v2
 * of OpenShift does: a webhook of this process, which the API server of this host reaches.
 */
export async function giveProjectUsers(namespace: string, uid: number): Promise<ProjectUsers> {
  const { key, cert } = await makeCertificate();
  const given: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const review = (await json(request)) as Review;
    given.push(review.request.object.metadata.generateName ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reviewed(review, uid)));
  };
  const server = createServer({ key, cert }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    configuration: configurationOf(namespace, `https://127.0.0.1:${port}/`, cert),
    given,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function reviewed({ request }: Review, uid: number): object {
  const { containers, securityContext } = request.object.spec;
  const patch = [
    {
      op: 'add',
      path: '/spec/securityContext',
      value: { fsGroup: uid, seLinuxOptions: { level: 's0:c26,c5' }, ...securityContext },
    },
    ...containers.map((container, index) => ({
      op: 'add',
      path: `/spec/containers/${index}/securityContext`,
      value: { runAsUser: uid, ...container.securityContext },
    })),
  ];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
  };
}

function configurationOf(namespace: string, url: string, cert: Buffer): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: namespace },
    webhooks: [
      {
        name: 'users.project.test',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { url, caBundle: cert.toString('base64') },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
    ],
  };
}

async function makeCertificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'pman-webhook-'));
  try {
    const files = { key: join(folder, 'key'), cert: join(folder, 'cert') };
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=users', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const out = ['-keyout', files.key, '-out', files.cert];
    await run('openssl', ['req', '-x509', ...kind, ...names, ...out]);
    return { key: await readFile(files.key), cert: await readFile(files.cert) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
