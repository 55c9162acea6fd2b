/**
 * The one workflow of every job. What is particular to a job comes as inputs: its script in base64, so
 * that nothing in it is a placeholder or ends a quotation, and the attributes that a site's backend
 * configuration turns into options of its batch system.
 */
export const WORKFLOW = `version 1.0

task job {
  input {
    String script
    Int cpu
    Int memory_mb
    Int gpu_limit
    Int number_of_workers
    Int timelimit
    String slurm_partition
  }
  command <<<
    printf %s '~{script}' | base64 -d >job.sh && exec /bin/sh job.sh
  >>>
  runtime {
    cpu: cpu
    memory_mb: memory_mb
    gpu_limit: gpu_limit
    number_of_workers: number_of_workers
    timelimit: timelimit
    slurm_partition: slurm_partition
    maxRetries: 0
  }
}

workflow pman {
  input {
    String script
    Int cpu
    Int memory_mb
    Int gpu_limit
    Int number_of_workers
    Int timelimit
    String slurm_partition
  }
  call job {
    input:
      script = script,
      cpu = cpu,
      memory_mb = memory_mb,
      gpu_limit = gpu_limit,
      number_of_workers = number_of_workers,
      timelimit = timelimit,
      slurm_partition = slurm_partition
  }
}
`;
