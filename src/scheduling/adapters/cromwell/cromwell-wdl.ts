/** Name of the workflow, which its inputs are addressed by. */
export const WORKFLOW_NAME = 'ChRISJob';

const ATTRIBUTES = [
  'String sharedir',
  'String input_dir',
  'String output_dir',
  'String image',
  'Int number_of_workers',
] as const;

const names = ATTRIBUTES.map((declaration) => declaration.split(' ')[1] ?? '');
const declared = ATTRIBUTES.map((declaration) => `    ${declaration}`).join('\n');
const runtime = names.map((name) => `    ${name}: ${name}`).join('\n');
const passed = names.map((name) => `        ${name} = ${name},`).join('\n');

/**
 * The one workflow of every job. What is particular to a job comes as inputs: its script in base64, so
 * that nothing in it is a placeholder or ends a quotation, and the attributes that a site's backend
 * configuration turns into options of its batch system. Each worker is a call. Attributes that a job may
 * lack do not stand here but in the workflow's options: to Cromwell one without a value is a wrong one.
 *
 * The script holds the environment of the job. A shell reads it bit by bit while it runs, so it is an open
 * file, which has no name any more.
 */
export const WORKFLOW = `version 1.0

task worker {
  input {
    String script
    Int number
${declared}
  }
  command <<<
    umask 077 && printf %s '~{script}' | base64 -d >job.sh &&
      exec 9<job.sh && rm job.sh && exec /bin/sh /dev/fd/9 ~{number}
  >>>
  runtime {
${runtime}
    maxRetries: 0
  }
}

workflow ${WORKFLOW_NAME} {
  input {
    String script
${declared}
  }
  scatter (index in range(number_of_workers)) {
    call worker {
      input:
${passed}
        number = index + 1,
        script = script
    }
  }
}
`;
