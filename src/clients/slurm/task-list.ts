/** A job array has no more tasks than this, whatever an answer says. Source: slurm.conf, MaxArraySize. */
const MAX_TASKS = 4_000_001;

/** `1-3,7%2`: 1, 2, 3 and 7. What SLURM has cut short ends where it does. */
export function expandTasks(text: string): readonly number[] {
  return text
    .replace(/%\d+$/, '')
    .split(',')
    .flatMap((part) => {
      const [, from, to, step] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(part) ?? [];
      if (from === undefined) return [];
      const [first, by] = [Number(from), Math.max(Number(step ?? 1), 1)];
      const last = Math.min(Number(to ?? from), MAX_TASKS);
      const count = Math.max(Math.floor((last - first) / by) + 1, 0);
      return Array.from({ length: count }, (_, index) => first + index * by);
    });
}
