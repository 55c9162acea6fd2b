// Runs the contract suite on a cluster that is there already: docs/install/kubernetes.md.
//
//   npm run conformance -- --kubeconfig FILE --store DIR [--claim NAME] [--namespace NS] [--images PREFIX]
//     [--setting NAME=VALUE]... [--openshift] [--testNamePattern PATTERN]
//
//   --kubeconfig  of the cluster; its user may do there what deploy/kubernetes/base/role.yaml says
//   --store       a folder that this machine and every node see under this path
//   --claim       persistent volume claim of the namespace: the folder is its root, and nodes need no path
//   --namespace   for the jobs; default
//   --setting     NAME=VALUE of the service, as often as need be: CONTAINER_USER=1001:1001 where pods must
//                 not be root, for instance
//   --openshift   CONTAINER_ENV=openshift: the project gives each pod its user
//   --testNamePattern  only the cases whose names match
//   --images      where PREFIX/probe:1 and PREFIX/probe-entrypoint:1 are to be pulled; local
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { run, withLocalPrograms } from './lib/commands.mjs';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    store: { type: 'string' },
    claim: { type: 'string' },
    namespace: { type: 'string', default: 'default' },
    images: { type: 'string', default: 'local' },
    setting: { type: 'string', multiple: true, default: [] },
    openshift: { type: 'boolean', default: false },
    testNamePattern: { type: 'string', short: 't' },
  },
});
const { kubeconfig, store, claim, namespace, images, openshift, testNamePattern } = values;

/** The settings of the service by their names. */
function settings() {
  const pairs = values.setting.map((text) => {
    const end = text.indexOf('=');
    if (end < 1) throw new Error(`--setting ${text}: must be NAME=VALUE`);
    return [text.slice(0, end), text.slice(end + 1)];
  });
  return { ...(openshift && { CONTAINER_ENV: 'openshift' }), ...Object.fromEntries(pairs) };
}

async function main() {
  if (kubeconfig === undefined || store === undefined) {
    throw new Error('--kubeconfig and --store are needed: see the head of scripts/conformance.mjs');
  }
  const paths = [kubeconfig, store].map((path) => resolve(path));
  await Promise.all(paths.map((path) => access(path)));
  const pattern = testNamePattern === undefined ? [] : ['--testNamePattern', testNamePattern];
  const suite = ['run', '--project', 'contract', 'test/contract/contract.spec.ts', ...pattern];
  return run('vitest', suite, {
    env: {
      ...withLocalPrograms(),
      CONTRACT_TARGETS: 'kubernetes',
      CONTRACT_KUBECONFIG: paths[0],
      CONTRACT_STORE: paths[1],
      CONTRACT_NAMESPACE: namespace,
      CONTRACT_SETTINGS: JSON.stringify(settings()),
      CONTRACT_IMAGES: images.replace(/\/$/, ''),
      ...(claim !== undefined && { CONTRACT_CLAIM: claim }),
    },
  });
}

main()
  .then((code) => (process.exitCode = code))
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
