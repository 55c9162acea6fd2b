const MODULES_FROM_LEFT_TO_RIGHT = ['jobs', 'scheduling', 'storage', 'shared'];

/** A module imports only what stands to its right. */
const moduleLine = MODULES_FROM_LEFT_TO_RIGHT.slice(1).map((name, index) => ({
  name: `${name}-does-not-import-to-its-left`,
  comment: 'The line of modules is jobs -> scheduling -> storage -> shared.',
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: `^src/(?:${MODULES_FROM_LEFT_TO_RIGHT.slice(0, index + 1).join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...moduleLine,
    {
      name: 'domain-is-pure',
      comment:
        'Domain code is types and rules: no Nest, no npm package, no built-in module of Node.',
      severity: 'error',
      from: { path: '^src/[^/]+/domain/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'core'] },
    },
    {
      name: 'domain-imports-only-domain',
      comment: 'Domain code knows no use case, adapter, controller, client or setting.',
      severity: 'error',
      from: { path: '^src/[^/]+/domain/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(?:[^/]+/domain|shared)/' },
    },
    {
      name: 'application-knows-ports-only',
      comment: 'Use cases reach the world through ports.',
      severity: 'error',
      from: { path: '^src/[^/]+/application/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/(?:[^/]+/(?:adapters|http)|clients|config|http|health|metrics)/' },
    },
    {
      name: 'application-takes-two-decorators-of-nest',
      comment: 'Use cases need Injectable and Inject; nothing else of any package.',
      severity: 'error',
      from: { path: '^src/[^/]+/application/', pathNot: '\\.spec\\.ts$' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional'],
        pathNot: 'node_modules/@nestjs/common',
      },
    },
    {
      name: 'adapters-do-not-import-each-other',
      comment:
        'What two backends share stands in the domain, above the port, or in clients/; docker-api is what engines with that API share, batch-api what batch systems do.',
      severity: 'error',
      from: { path: '^src/([^/]+)/adapters/([^/]+)/' },
      to: {
        path: '^src/[^/]+/adapters/[^/]+/',
        pathNot: '^src/$1/adapters/(?:$2|docker-api|batch-api)/',
      },
    },
    {
      name: 'http-knows-no-adapter',
      comment: 'Controllers call use cases.',
      severity: 'error',
      from: { path: '^src/[^/]+/http/' },
      to: { path: '^src/(?:[^/]+/adapters|clients)/' },
    },
    {
      name: 'only-modules-wire-adapters',
      comment: 'Adapters are chosen in *.module.ts files; elsewhere they stay behind their port.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['\\.module\\.ts$', '\\.spec\\.ts$', '^src/[^/]+/adapters/'],
      },
      to: { path: '^src/[^/]+/adapters/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdk-stays-in-its-rooms',
      comment: 'An SDK appears in its client and its adapter only.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(?:clients/docker-engine|scheduling/adapters/(?:docker|docker-api|swarm))/',
      },
      to: { path: 'node_modules/(?:dockerode|@types/dockerode)' },
    },
    {
      name: 'kubernetes-sdk-stays-in-its-rooms',
      comment: 'An SDK appears in its client, its adapter and the types of its settings only.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(?:clients/kubernetes|scheduling/adapters/kubernetes|config/backends/kubernetes)',
      },
      to: { path: 'node_modules/@kubernetes/client-node' },
    },
    {
      name: 'axios-stays-in-its-rooms',
      comment: 'Only the clients of servers without an SDK speak HTTP by axios.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/clients/(?:cromwell|slurm)/' },
      to: { path: 'node_modules/axios' },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
