import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { SERVER_VERSION } from '../shared/version.js';

/** The OpenAPI 3.1 document of all routes; the same object that is committed as `openapi.json`. */
export function createOpenApi(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('pman')
    .setDescription(
      'Runs container jobs on the engine or cluster you have, and reports their state and logs.',
    )
    .setVersion(SERVER_VERSION)
    .build();
  return SwaggerModule.createDocument(app, settings);
}

/** Serves the document at `/openapi.json`; it is made at the first request, not at start. */
export function serveOpenApi(app: INestApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
  let document: string | undefined;
  fastify.get('/openapi.json', (_request, reply) => {
    document ??= JSON.stringify(createOpenApi(app));
    return reply.type('application/json').send(document);
  });
}
