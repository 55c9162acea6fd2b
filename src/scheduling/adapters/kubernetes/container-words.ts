/** kubelet and containerd wrap what runc says in many layers; the innermost tells most. */
const WRAPPINGS = [
  /^.*?unable to start container process: /s,
  /^failed to (?:create|start) containerd task: /,
];

/** The words of a container runtime, without the layers around them. */
export function runtimeWords(message: string | undefined): string {
  const words = WRAPPINGS.reduce((text, wrapping) => text.replace(wrapping, ''), message ?? '');
  return words.replace(/: unknown$/, '').trim();
}
