const POINT = {
  type: 'object',
  required: ['status', 'detail'],
  properties: {
    status: { type: 'string', enum: ['up', 'down'] },
    detail: { type: 'string' },
    mend: { type: 'string', description: 'What to do about it; only where something is wrong.' },
  },
};

const UP = { storage: { status: 'up', detail: 'STOREBASE /var/chris/store' } };
const DOWN = {
  engine: {
    status: 'down',
    detail: 'connect ENOENT /var/run/docker.sock',
    mend: 'start the engine, or point DOCKER_HOST at it',
  },
};

const points = (example: object) => ({ type: 'object', example, additionalProperties: POINT });

/** The OpenAPI schema of Terminus' answer: each point by its name, in `info` or in `error`. */
export function healthSchema(status: 'ok' | 'error') {
  const error = status === 'error' ? DOWN : {};
  return {
    type: 'object',
    properties: {
      status: { type: 'string', enum: status === 'ok' ? ['ok'] : ['error', 'shutting_down'] },
      info: points(UP),
      error: points(error),
      details: points({ ...UP, ...error }),
    },
  };
}
