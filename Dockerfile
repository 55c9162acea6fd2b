# The base can be pinned: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:24-bookworm-slim

# Where npm needs settings of its own (a mirror, a certificate authority), hand them over as secrets;
# they end up in no layer: --secret id=npmrc,src=$HOME/.npmrc --secret id=ca,src=/path/of/ca.pem
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    if [ -s /run/secrets/ca.pem ]; then export npm_config_cafile=/run/secrets/ca.pem; fi; \
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY nest-cli.json tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

# A first start leaves its compiled code for all others. It needs no engine.
ENV NODE_COMPILE_CACHE=/app/compile-cache
RUN STORAGE_TYPE=host STOREBASE=/srv PORT=0 node -e " \
    const { spawn } = require('node:child_process'); \
    const service = spawn('node', ['dist/bundle/main.js'], { stdio: ['ignore', 'pipe', 'inherit'] }); \
    service.stdout.once('data', () => service.kill()); \
    service.once('exit', (code) => process.exit(code === null ? 0 : code));"

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="pman" \
      org.opencontainers.image.description="Runs the container jobs of ChRIS and reports their state and logs" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compile-cache
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/compile-cache ./compile-cache
COPY --from=build /app/dist/bundle ./dist/bundle

# A new named volume takes over the owner of the directory where it is mounted first: so the service
# may make output directories in it. The engine's socket needs a group beside: see docker-compose.yml.
RUN install -d -o 65532 -g 65532 /var/local/storeBase && chmod 00777 /var/local/storeBase
USER 65532:65532

EXPOSE 5010
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD \
    ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5010}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=2", "--heap-growing-percent=10", "dist/bundle/main.js"]
