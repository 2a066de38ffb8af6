# The image of all commands: docker build --tag stepgate .
#
# The build's image has Node with npm, make and bash. What runs is Node, the built JavaScript and what it imports, on a
# base that has the C and C++ libraries and nothing else: no shell, no package manager. Both are pinned by the digest of
# their index, for every platform, and can be replaced by images of your own.
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-bookworm@sha256:6dac556d980b7f0e5498d08f08cee0ca67798b4ad6c23964a9214920e67758d0
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f

FROM ${BUILD_IMAGE} AS build
WORKDIR /stepgate
COPY package.json package-lock.json .npmrc Makefile ./
RUN make setup
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY webhook webhook
COPY sdk sdk
RUN make build
# The Node that the tests ran on. Then production's packages alone, a list of them, and without what only compilers,
# debuggers and readers want; licenses stay.
RUN cp node_modules/node/bin/node /usr/local/bin/stepgate-node \
 && npm ci --omit=dev --ignore-scripts --loglevel=error \
 && npm sbom --omit=dev --package-lock-only --sbom-format=cyclonedx --sbom-type=application >sbom.cdx.json \
 && rm -rf node_modules/@types node_modules/.package-lock.json \
 && find node_modules dist \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find node_modules \( -name '*.map' -o -name '*.md' ! -iname 'licen*' \) -delete

FROM ${BASE_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="stepgate" \
      org.opencontainers.image.description="Admission control and a controller for WorkflowExecutions" \
      org.opencontainers.image.source="https://github.com/kubernaut/stepgate" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /usr/local/bin/stepgate-node /usr/local/bin/node
COPY --from=build /stepgate/package.json /stepgate/sbom.cdx.json /stepgate/
COPY --from=build /stepgate/node_modules /stepgate/node_modules
COPY --from=build /stepgate/dist /stepgate/dist
ENV NODE_ENV=production
WORKDIR /stepgate
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps", "/stepgate/dist/src/main.js"]
