/** The heading of each group of variables, by the class that declares it. */
const TITLES = {
  JobEnvironment: 'Jobs and storage',
  EngineEnvironment: 'Docker, Podman and Docker Swarm',
  KubernetesEnvironment: 'Kubernetes and OpenShift',
  CromwellEnvironment: 'Cromwell',
  SlurmEnvironment: 'SLURM',
  ProcessEnvironment: 'Processes',
  ServiceEnvironment: 'The service itself',
};

const code = (text) => (text === '' ? '' : `\`${text}\``);
/** A default that depends on other settings is said in words. */
const value = (text) => (text.includes(' ') ? text : code(text));

/** A table for each group of variables, in Markdown. */
export function variableTables(groups) {
  return groups
    .map(({ name, variables }) => {
      if (!(name in TITLES)) throw new Error(`${name} has no heading`);
      return `## ${TITLES[name]}\n\n${variableTable(variables)}`;
    })
    .join('\n\n');
}

function variableTable(variables) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const rows = variables.map(({ name, default: fallback, help, only = [] }) =>
    [code(name), value(fallback), only.map(code).join(', '), help].map(cell).join(' | '),
  );
  return [
    '| variable | default | only for | meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** `.env.example`: every variable commented out, with its help. */
export function environmentExample(variables) {
  const entries = variables.map(({ name, default: fallback, help, only }) => {
    const notes = [fallback && `Default: ${fallback}.`, only && `Only for ${only.join(', ')}.`];
    const comment = [`${help}.`, ...notes].filter(Boolean).join(' ').replaceAll('`', '');
    return `# ${comment}\n#${name}=`;
  });
  return [
    '# Copy to .env and set what differs. An empty variable counts as not set; the environment wins',
    '# over this file. Written by `npm run docs`.',
    '',
    ...entries.flatMap((entry) => [entry, '']),
    "# For docker-compose.yml alone. The group of the engine's socket: stat -c %g /var/run/docker.sock",
    '#DOCKER_GID=',
    "# The engine's socket. Default: /var/run/docker.sock.",
    '#DOCKER_SOCKET=',
    '# Who the service runs as, UID:GID. Default: 65532:65532.',
    '#PMAN_USER=',
    '# Where it is published, ADDRESS:PORT. Default: 127.0.0.1:5010.',
    '#PMAN_LISTEN=',
    '# The image. Default: pman:6.0.0.',
    '#PMAN_IMAGE=',
    '',
  ].join('\n');
}

/** Puts text between `<!-- NAME -->` and `<!-- /NAME -->` in place of what is there. */
export function replaceBetweenMarks(document, name, text) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [document.indexOf(open), document.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`the marks ${open} and ${close} are missing`);
  return `${document.slice(0, from + open.length)}\n\n${text}\n\n${document.slice(to)}`;
}
